import { formatLines } from "../../backend/adapters/deployment-log/deployment-log-format.ts";
import { MAX_LINE_LENGTH, OutputTail } from "../../backend/adapters/exec-output.ts";
import { parseCommits, parseTree } from "../../backend/adapters/git/git-reader.ts";
import { parsePointer } from "../../backend/adapters/git/git-lfs.ts";
import { parseRefs } from "../../backend/adapters/git/git-refs.ts";
import { parseSubmodules } from "../../backend/adapters/git/git-submodules.ts";
import { inspectCompose } from "../../backend/domain/compose/compose-policy.ts";
import { projectName, serviceNames } from "../../backend/domain/compose/compose-project.ts";
import { composeContent, relocateCompose } from "../../backend/domain/compose/compose-relocate.ts";
import { steeringVariable, withManagedBlock, withoutManagedBlock } from "../../backend/domain/compose/env-file.ts";
import { DeployError } from "../../backend/domain/errors.ts";
import { parseGitUrl, repositoryIdentity } from "../../backend/domain/git-url.ts";
import { hostRefusal } from "../../backend/domain/host-address.ts";
import { Redactor } from "../../backend/domain/redact.ts";
import { Secret } from "../../backend/domain/secret.ts";
import { decideDelivery } from "../../backend/webhook/decide-delivery.ts";
import { payloadText } from "../../backend/webhook/payload.ts";
import { PROVIDERS } from "../../backend/webhook/providers/index.ts";
import { parseLogLine } from "../../common/log-line.ts";
import { PROVIDERS as PROVIDER_NAMES, type Provider } from "../../common/schemas.ts";
import { aBuildConfig, aRepository } from "../fixtures/rows.ts";

/** What a fuzzer may throw at each parser: it returns, or throws a DeployError of one of these codes. Anything else is a finding. */
export const targets: Record<string, (input: Buffer) => void> = {
    webhook: (input) => {
        // The first bytes choose provider, event and kind of body, so that one corpus reaches all of them.
        const provider = PROVIDER_NAMES[(input[0] ?? 0) % PROVIDER_NAMES.length] as Provider;
        const headers = { ...EVENTS[(input[1] ?? 0) % EVENTS.length], "content-type": (input[2] ?? 0) % 2 === 0 ? "application/json" : "application/x-www-form-urlencoded" };
        const body = input.subarray(3);
        const { parse, verify } = PROVIDERS[provider];
        insist(!verify({ headers, body }, { accepted: [new Secret("the secret of this repository")], signingToken: null }, 1_800_000_000_000), "an unsigned body was believed");
        refusing(["PAYLOAD_INVALID"], () => {
            const { verdict } = decideDelivery(parse(headers, payloadText(headers, body)), { repository: aRepository({ provider }), config: aBuildConfig(), trigger: "webhook" });
            insist(verdict.kind === "ignore" || verdict.commitSha === null || /^[0-9a-f]{40,64}$/.test(verdict.commitSha), "a commit that is none");
        });
    },
    compose: (input) => {
        const text = input.toString("utf8");
        refusing(["COMPOSE_INVALID"], () => {
            inspectCompose(composeContent(text, "compose.yaml"), "deploy");
            relocateCompose(text, "deploy/compose.yaml");
            insist(/^[a-z0-9][a-z0-9_-]*$/.test(projectName(text, "compose.yaml", "blog")), "a project name that Compose would refuse");
            serviceNames(text, "compose.yaml");
        });
    },
    "env-file": (input) => {
        const text = input.toString("utf8");
        steeringVariable(text);
        const own = withoutManagedBlock(text);
        const written = withManagedBlock(text, [{ name: "A", value: text.replaceAll("\0", "") }]) ?? "";
        insist(withoutManagedBlock(written).trimEnd() === own.trimEnd(), "the person's own lines were changed");
    },
    "git-url": (input) => {
        const text = input.toString("utf8");
        repositoryIdentity(text);
        refusing(["GIT_URL_INVALID"], () => {
            const { href, host } = parseGitUrl(text, { insecureHttpHosts: ["named.example"] });
            insist(/^(https?:\/\/|ssh:\/\/|\w[\w.+~-]*@)/.test(href), "an address that git reads as something else");
            insist(hostRefusal(host, false) === null, "a host that must not be reached");
            insist(parseGitUrl(href, { insecureHttpHosts: ["named.example"] }).href === href, "an address that changes when it is read again");
        });
    },
    "git-output": (input) => {
        const text = input.toString("utf8");
        for (const parse of [parseCommits, parseTree, parseRefs, parseSubmodules, parsePointer]) {
            refusing(GIT_CODES, () => parse(text));
        }
    },
    "log-bytes": (input) => {
        const redactor = new Redactor([new Secret(SECRET)]);
        const tail = new OutputTail(1000, (text) => {
            const written = formatLines(text, { time: "2026-01-01T00:00:00.000Z", step: "build", stream: "out", level: null }, (line) => redactor.redact(line)).split("\n");
            insist(written.length === text.split("\n").length + 1 && written.pop() === "", "a line that is more than one, or none");
            for (const raw of written) {
                insist(raw.length < MAX_LINE_LENGTH, "a line that is too long");
                insist(parseLogLine(raw, 0)?.text.includes(SECRET) === false, "a line that cannot be read again, or tells the secret");
            }
        });
        const middle = Math.floor(input.length / 2);
        tail.push(input.subarray(0, middle));
        tail.push(input.subarray(middle));
        tail.end();
    },
};

const SECRET = "hunter2-hunter2";
const GIT_CODES = ["GIT_FAILED", "SUBMODULE_INVALID", "LFS_FAILED", "REPOSITORY_INVALID"];
const EVENTS: Record<string, string>[] = [
    { "x-github-event": "push" },
    { "x-gitlab-event": "Push Hook" },
    { "x-gitlab-event": "Tag Push Hook" },
    { "x-gitea-event": "push" },
    { "x-forgejo-event": "create" },
    { "x-event-key": "repo:push" },
    { "x-event-key": "repo:refs_changed" },
    { "x-github-event": "pull_request" },
];

function refusing(codes: readonly string[], run: () => void): void {
    try {
        run();
    } catch (error) {
        if (!(error instanceof DeployError) || !codes.includes(error.code)) {
            throw error;
        }
    }
}

function insist(isTrue: boolean, otherwise: string): void {
    if (!isTrue) {
        throw new Error(otherwise);
    }
}
