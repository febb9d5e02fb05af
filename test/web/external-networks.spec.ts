import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import { joinableNetworks, withExternalNetwork } from "../../frontend/src/components/stack/external-networks.ts";
import { readServices } from "../../frontend/src/components/stack/written-services.ts";

const SERVICES = "# mine\nservices:\n  web: {image: nginx}   # flow\n";

describe("adding a network that exists", () => {
    it.each([
        ["at the end, when there are none", SERVICES, `${SERVICES}networks:\n  proxy:\n    external: true\n`],
        ["at the end of a text without a last line end", SERVICES.trimEnd(), `${SERVICES}networks:\n  proxy:\n    external: true\n`],
        ["before others, indented as they are", `networks:\n    # first\n    back: {}\n${SERVICES}`, `networks:\n    # first\n    proxy:\n      external: true\n    back: {}\n${SERVICES}`],
        ["below an empty key", `networks: # none yet\n${SERVICES}`, `networks: # none yet\n  proxy:\n    external: true\n${SERVICES}`],
        ["with the line ends of the file", SERVICES.replaceAll("\n", "\r\n"), `${SERVICES}networks:\n  proxy:\n    external: true\n`.replaceAll("\n", "\r\n")],
    ])("happens %s", (_name, before, after) => {
        expect(withExternalNetwork(before, "proxy")).toBe(after);
        expect(parse(after)).toMatchObject({ services: { web: { image: "nginx" } }, networks: { proxy: { external: true } } });
    });

    it("quotes what YAML would take for something else", () => {
        for (const name of ["no", "1", "a:b", "*x"]) {
            expect(Object.keys((parse(withExternalNetwork(SERVICES, name) ?? "") as { networks: object }).networks)).toEqual([name]);
        }
    });

    it.each([`${SERVICES}networks:\n  proxy:\n`, `${SERVICES}networks: {back: {}}\n`, "services: [", "- a\n", `${SERVICES}networks: x\n`])("leaves alone %j", (yaml) => {
        expect(withExternalNetwork(yaml, "proxy")).toBeNull();
    });

    it("is not offered for Docker's own", () => {
        expect(joinableNetworks(["bridge", "host", "none", "proxy"])).toEqual(["proxy"]);
    });
});

describe("the services that a file names", () => {
    it("are read with anchors and merges", () => {
        expect(readServices("x-a: &a {image: base}\nservices:\n  one: {<<: *a}\n  two: {build: .}\n  three:\n")).toEqual({
            services: [
                { name: "one", image: "base", isBuilt: false },
                { name: "two", image: null, isBuilt: true },
                { name: "three", image: null, isBuilt: false },
            ],
            isPartial: false,
        });
    });

    it("may be more than are seen where a file includes or extends others", () => {
        expect(readServices("include: [a.yaml]\n")).toEqual({ services: [], isPartial: true });
        expect(readServices("services: {web: {extends: {file: a.yaml, service: x}}}\n")?.isPartial).toBe(true);
    });

    it.each(["a: [", "a: &a [*a, *a]\nb: *c\n", `${Array.from({ length: 30 }, (_, at) => `k${at}: &k${at} [${at === 0 ? "x" : `*k${at - 1}, *k${at - 1}`}]`).join("\n")}\n`])("are unknown in what cannot be read: %#", (yaml) => {
        expect(readServices(yaml)).toBeNull();
    });
});
