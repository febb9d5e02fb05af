import fc from "fast-check";
import { expect, it } from "vitest";
import { DeployError } from "../../../backend/domain/errors.ts";
import { parseGitUrl, repositoryIdentity } from "../../../backend/domain/git-url.ts";
import { hostRefusal } from "../../../backend/domain/host-address.ts";

/** Rules R1, R2 and R12: only what was put together from checked parts reaches git. */

const piece = fc.oneof(
    fc.constantFrom("https://", "ssh://", "http://", "file://", "ext::", "git@", "HTTPS://", "-oProxyCommand=", "--upload-pack=", "host.example", "127.0.0.1", "0x7f.1", "169.254.169.254", "[::1]", "[::ffff:7f00:1]", "localhost", "team/blog", ".git", "..", "/", "//", ":", "@", "%2e%2e", "%00", "%0a", ":22", ":99999", "?", "#", " ", "\n", "\0", "\\", "$(id)", "`id`", ";", "|", "ｅ", "\u202e"),
    fc.string({ unit: "binary", maxLength: 8 }),
    fc.webPath(),
    fc.domain(),
);
const address = fc.array(piece, { minLength: 1, maxLength: 7 }).map((pieces) => pieces.join(""));

it("an address is refused with GIT_URL_INVALID, or becomes one that git cannot take for anything else", () => {
    fc.assert(
        fc.property(address, (text) => {
            try {
                const { href, scheme, host, path } = parseGitUrl(text, { insecureHttpHosts: ["named.example"] });
                expect(href).not.toMatch(/^-|[\s\\'"`$<>|;&?#]|::(?!.*\])|[^\x21-\x7e]*\0/);
                expect(href).toMatch(scheme === "ssh" ? /^(?:ssh:\/\/\w|\w[\w.+~-]*@)/ : new RegExp(`^${scheme}://[^@]+$`));
                expect(["https", "ssh"].includes(scheme) || host === "named.example").toBe(true);
                expect(hostRefusal(host, false)).toBeNull();
                expect(path.split("/").filter((part) => part === "" || part === "." || part === "..")).toEqual([]);
                // Reading it again changes nothing, so that what was checked is what is used.
                expect(parseGitUrl(href, { insecureHttpHosts: ["named.example"] }).href).toBe(href);
            } catch (error) {
                if (!(error instanceof DeployError)) {
                    throw error;
                }
                expect(error).toMatchObject({ code: "GIT_URL_INVALID", status: 400 });
            }
        }),
        { numRuns: 800 },
    );
});

it("what a payload says of its repository is compared and never throws", () => {
    fc.assert(fc.property(fc.oneof(address, fc.string({ unit: "binary" })), (text) => void repositoryIdentity(text)), { numRuns: 300 });
});
