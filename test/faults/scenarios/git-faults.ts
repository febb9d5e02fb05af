import { spawnSync } from "node:child_process";
import path from "node:path";
import type { RepositorySaved } from "../../../common/views.ts";
import type { HttpBehaviour } from "../../fixtures/git-http-server.ts";
import { freePort } from "../../fixtures/server.ts";
import type { SshServer } from "../../fixtures/ssh-server.ts";
import { LinkedStack, type TestBed } from "../../fixtures/test-bed.ts";
import { Trial, type Fault, type Finding } from "../trial.ts";

/** The Git server is slow, broken or somebody else. */
export function gitFaults(ssh: SshServer): Fault[] {
    return [
        httpFault("Git server hangs (time limit 10 s)", "hang", "DEADLINE_EXCEEDED", 10),
        httpFault("Git server hangs in the pack (time limit 10 s)", "hang-pack", "DEADLINE_EXCEEDED", 10),
        httpFault("Git server answers 500", "error-500", "GIT_UNREACHABLE"),
        httpFault("Git server cuts the connection at half a pack", "cut-pack", "GIT_UNREACHABLE"),
        {
            name: "Git server answers 500 for a while",
            run: async (bed) => {
                const trial = await Trial.open(bed, { purpose: "git-while", buildConfig: { maxRetries: 3 } });
                bed.git.behaviour = "error-500";
                const { deploymentId, version } = await trial.push();
                await trial.stack.when(deploymentId, "waits for its next try", ({ attempt }) => attempt > 1);
                bed.git.behaviour = "normal";
                const done = await trial.stack.finished(deploymentId);
                trial.expect(done.status === "successful", `it ended ${done.status} ${done.errorCode ?? ""}`);
                return await trial.close("Git server answers 500 for two seconds", done, version);
            },
        },
        { name: "Git server changes its host key", run: async (bed) => await hostKeyFault(bed, ssh) },
    ];
}

function httpFault(name: string, behaviour: HttpBehaviour, code: string, timeLimitS: number | null = null): Fault {
    return {
        name,
        run: async (bed) => {
            const trial = await Trial.open(bed, { purpose: `git-${behaviour}` });
            await trial.setTimeLimit(timeLimitS);
            bed.git.behaviour = behaviour;
            try {
                const { deploymentId } = await trial.push({ "noise.bin": Buffer.from(Array.from({ length: 40_000 }, (_, at) => (at * 7919) % 251)) });
                const done = await trial.watching(async () => await trial.stack.finished(deploymentId));
                trial.expect(done.status === "failed" && done.errorCode === code, `it ended ${done.status} ${done.errorCode ?? ""}: ${done.error ?? ""}`);
                bed.git.behaviour = "normal";
                await trial.setTimeLimit(null);
                return await trial.close(name, done, "one");
            } finally {
                bed.git.behaviour = "normal";
            }
        },
    };
}

async function hostKeyFault(bed: TestBed, ssh: SshServer): Promise<Finding> {
    const name = bed.newProject("host-key");
    const repository = await bed.repositories.create(name);
    const { api } = bed.server;
    const stackPath = `/api/v1/stacks/${name}`;
    const confirm = async () => await api.expectOk("PUT", `${stackPath}/repository`, { confirmHostKey: ssh.hostFingerprint() });
    await api.expectOk("PUT", stackPath, {});
    const saved = await api.expectOk<RepositorySaved>("PUT", `${stackPath}/repository`, { url: ssh.urlOf(repository.directory), branch: "main", authType: "ssh_key", provider: "gitea" });
    await ssh.authorize(saved.publicKey ?? "");
    await confirm();
    await api.expectOk("PUT", `${stackPath}/build-config`, { settleTime: 1, maxRetries: 0 });
    const trial = await Trial.of(bed, new LinkedStack(bed.server, name, await freePort(), repository, saved, saved.webhookSecret ?? ""));
    await ssh.changeHostKey();
    const { deploymentId } = await trial.push();
    const done = await trial.watching(async () => await trial.stack.finished(deploymentId));
    trial.expect(done.status === "failed" && done.errorCode === "GIT_HOST_KEY_CHANGED", `it ended ${done.status} ${done.errorCode ?? ""}: ${done.error ?? ""}`);
    // Never by the server itself: somebody looks at the key first, as the sentence says.
    spawnSync("ssh-keygen", ["-R", `[127.0.0.1]:${ssh.port}`, "-f", path.join(bed.server.dataDirectory, "git-deploy", "known_hosts")]);
    await confirm();
    return await trial.close("Git server shows another SSH host key, until a person confirms it", done, "one");
}
