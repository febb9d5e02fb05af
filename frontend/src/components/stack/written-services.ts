import { parseDocument } from "yaml";

/** A service as the compose file has it. */
export interface WrittenService {
    name: string;
    image: string | null;
    isBuilt: boolean;
}

/** Aliases of aliases could otherwise fill the memory. */
const MAX_ALIASES = 200;

/**
 * The services of a compose file, or null for what is no YAML.
 * `isPartial`: there may be more, in files that this one includes or extends.
 */
export function readServices(yaml: string): { services: WrittenService[]; isPartial: boolean } | null {
    try {
        const document = parseDocument(yaml, { merge: true, logLevel: "silent" });
        if (document.errors.length > 0) {
            return null;
        }
        const file: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
        const services = fieldsOf(fieldsOf(file)["services"]);
        return {
            services: Object.entries(services).map(([name, value]) => {
                const { image, build } = fieldsOf(value);
                return { name, image: typeof image === "string" ? image : null, isBuilt: build !== undefined && build !== null };
            }),
            isPartial: "include" in fieldsOf(file) || Object.values(services).some((service) => "extends" in fieldsOf(service)),
        };
    } catch {
        return null;
    }
}

function fieldsOf(value: unknown): Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
