import type { Failure } from "../../common/wire.ts";
import { DeployError, toDeployError } from "../domain/errors.ts";
import type { Logger, Random } from "../domain/ports.ts";

/** A failure as sockets answer it. */
export function failureAnswer({ code, message, details }: DeployError): Failure {
    return { ok: false, msg: message, code, ...(Object.keys(details).length === 0 ? {} : { data: details }) };
}

/** As `failureAnswer`, for Dockge's page: it looks the text up among its own, and shows one that it does not find as it is. */
export function dockgeFailureAnswer(error: DeployError): Failure & { msgi18n: true } {
    return { ...failureAnswer(error), msgi18n: true };
}

/** To every call that comes when it is too late. */
export function serverStopping(): DeployError {
    return new DeployError("STORE_UNAVAILABLE", "The server is stopping. Try again in a moment.");
}

/** Turns what was thrown into the error that the client gets. Surprises are logged once, under an id that the answer names. */
export class FailureReporter {
    readonly #logger: Logger;
    readonly #random: Pick<Random, "uuid">;

    constructor(parts: { logger: Logger; random: Pick<Random, "uuid"> }) {
        this.#logger = parts.logger;
        this.#random = parts.random;
    }

    /** @param where such as `PUT /api/v1/stacks/{stack}` or the name of a verb */
    report(thrown: unknown, where: string): DeployError {
        const error = toDeployError(thrown);
        if (error.code !== "INTERNAL") {
            return error;
        }
        const id = this.#random.uuid();
        this.#logger.error({ err: thrown, id, where }, "Unexpected error");
        return new DeployError("INTERNAL", `Something went wrong inside the server; its log has the details under ${id}.`, { cause: thrown, details: { id } });
    }
}
