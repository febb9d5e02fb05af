import { pruneBackups } from "./adapters/stack-folder/backups.ts";
import { ContainerCommands } from "./adapters/docker/container-commands.ts";
import { DeploymentLogFiles } from "./adapters/deployment-log/deployment-log-files.ts";
import { GitCli } from "./adapters/git/git-cli.ts";
import { NeighbourProbe } from "./adapters/docker/neighbour-probe.ts";
import { readPublishedPorts } from "./adapters/http-probe-network.ts";
import { HttpProbe } from "./adapters/http-probe.ts";
import { sshKeyscan } from "./adapters/git/ssh-keyscan.ts";
import { WorkDirectoryFiles } from "./adapters/work-directories.ts";
import { DeploymentJournal } from "./domain/deployment-journal.ts";
import type { Docker, ReleaseStore } from "./domain/ports.ts";
import { ownDirectory, type Foundation } from "./foundation.ts";
import type { Host } from "./host/host.ts";
import { Metrics } from "./host/metrics.ts";
import { registerRest } from "./host/rest.ts";
import { registerVerbs } from "./host/rpc.ts";
import type { Services } from "./host/services.ts";
import { Pipeline } from "./pipeline/pipeline.ts";
import { Housekeeping } from "./queue/housekeeping.ts";
import { poll } from "./queue/poll.ts";
import { Poller } from "./queue/poller.ts";
import { DeploymentQueue } from "./queue/queue.ts";
import { recover } from "./queue/recover.ts";
import { Worker } from "./queue/worker.ts";
import { ApiTokenService } from "./services/api-token-service.ts";
import { AuditService } from "./services/audit-service.ts";
import { BuildConfigService } from "./services/build-config-service.ts";
import { DeployRulesService } from "./services/insight/deploy-rules-service.ts";
import { DeploymentService } from "./services/deployment-service.ts";
import { DeploymentStatisticsService } from "./services/insight/deployment-statistics-service.ts";
import { HealthCheckService } from "./services/insight/health-check-service.ts";
import { ReleaseComparisonService } from "./services/insight/release-comparison-service.ts";
import { RememberedStackFields } from "./services/remembered-stack-fields.ts";
import { RemoteStateService } from "./services/insight/remote-state-service.ts";
import { RepositoryService } from "./services/repository/repository-service.ts";
import { StackGitService } from "./services/stack-git-service.ts";
import { Views } from "./services/views.ts";
import { WebhookEventService } from "./services/webhook-event-service.ts";
import { KnownHostsFile } from "./vault/known-hosts-file.ts";
import { OpenSshKeys } from "./vault/openssh-keys.ts";
import { WebhookReceiver } from "./webhook/receive.ts";

const DAY_MS = 24 * 60 * 60_000;
/** A stop waits so long for a release in progress; what is not done then is finished at the next start. */
const STOP_WAIT_MS = 25_000;

export interface GitDeploy {
    /** Takes up what the last process left, then begins to work. Call it when the host can be reached. */
    start(): Promise<void>;
}

/** Joins ports and their implementations, and registers everything at the host. */
export function createGitDeploy(foundation: Foundation, host: Host, version: string): GitDeploy {
    const { config, logger, clock, random, stores, docker, compose, stackFolder } = foundation;
    const { repositories, buildConfigs, deployments, releases, webhookEvents, audit } = stores;

    const remote = { searchPath: config.searchPath, insecureHttpHosts: config.insecureHttpHosts };
    const knownHosts = new KnownHostsFile({ path: ownDirectory(config, "known_hosts"), scan: sshKeyscan(remote) });
    const sshKeys = new OpenSshKeys();
    const git = new GitCli({
        ...remote,
        knownHosts,
        mirrorsDirectory: ownDirectory(config, "mirrors"),
        scratchDirectory: ownDirectory(config, "keys"),
        maxFiles: config.checkoutMaxFiles,
        maxBytes: config.checkoutMaxBytes,
    });
    const workDirectories = new WorkDirectoryFiles({ directory: ownDirectory(config, "work") });
    const logs = new DeploymentLogFiles({
        directory: ownDirectory(config, "logs"),
        maxBytes: config.logMaxBytes,
        keepDays: config.keepLogDays,
        keepLogs: config.keepLogs,
        clock,
        onAppend: (deploymentId, offset, text, line) => host.publish("deploymentLog", { deploymentId, offset, text, ...(line === null ? {} : { line }) }, { joinedLog: deploymentId }),
    });

    const metrics = new Metrics({ deployments });
    const publisher = metrics.watch(host);
    const views = new Views({ releases, events: webhookEvents, sshKeys, clock, config });
    const journal = new DeploymentJournal({ store: deployments, publisher, views, clock, random });

    const probe = new HttpProbe(readPublishedPorts(), new NeighbourProbe({ searchPath: config.searchPath, dockerSocket: config.dockerSocket }));
    /** The stack list tells that the remote is ahead. */
    const headSeen = () => host.listChanged();

    const commands = new ContainerCommands({ searchPath: config.searchPath, dockerSocket: config.dockerSocket, scratchDirectory: ownDirectory(config, "work") });
    const pipeline = new Pipeline({
        git,
        compose,
        docker,
        commands,
        probe,
        stackFolder,
        workDirectories,
        logs,
        repositories,
        buildConfigs,
        deployments,
        releases,
        webhookEvents,
        journal,
        exclusive: (stack, purpose, work) => host.exclusive(stack, purpose, work),
        stackChanged: (stack) => host.stackChanged(stack),
        progress: (stack, text) => host.progress(stack, text),
        clock,
        random,
        logger,
    });
    const worker = new Worker({
        store: deployments,
        journal,
        configs: buildConfigs,
        clock,
        random,
        logger,
        concurrency: config.concurrency,
        run: (deployment, options) => pipeline.run(deployment, options),
        resume: (deployment, options) => pipeline.resume(deployment, options),
    });
    const queue = new DeploymentQueue({ store: deployments, configs: buildConfigs, journal, worker, clock, logger });
    const poller = new Poller({
        repositories,
        clock,
        logger,
        poll: (repository, signal) => poll({ repositories, configs: buildConfigs, deployments, git, queue, clock, random, headSeen }, repository, signal),
    });
    const housekeeping = new Housekeeping({
        clock,
        logger,
        tasks: [
            { name: "deployment logs", prune: (now) => logs.prune(now) },
            { name: "delivery payloads", prune: (now) => webhookEvents.prune(config.keepDeliveries, now - config.keepDeliveryDays * DAY_MS) },
            { name: "fetched commits", prune: () => git.prune() },
            { name: "backups", prune: (now) => pruneBackups(ownDirectory(config, "backups"), now - config.keepBackupDays * DAY_MS) },
        ],
    });

    const receiver = new WebhookReceiver({
        repositories,
        deployments,
        events: webhookEvents,
        publisher,
        audit,
        logger,
        clock,
        random,
        headSeen,
        onQueued: (enqueued) => void queue.accepted(enqueued),
        toView: (event, deployment) => views.webhookEvent(event, deployment),
    });
    const { stacks } = host;
    const shared = { stacks, audit, views, clock, random };
    const services: Services = {
        repositories: new RepositoryService({ ...shared, repositories, buildConfigs, deployments, queue, git, stackFolder, sshKeys, knownHosts, logger, config, onChange: (id) => poller.refresh(id), dropImages: (stack) => dropKeptImages(releases, docker, stack) }),
        buildConfigs: new BuildConfigService({ ...shared, buildConfigs, repositories }),
        deployments: new DeploymentService({ ...shared, deployments, releases, repositories, buildConfigs, queue, git, docker, logs }),
        webhookEvents: new WebhookEventService({ ...shared, events: webhookEvents, deployments, repositories, process: (eventId, actor) => receiver.process(eventId, actor) }),
        apiTokens: new ApiTokenService({ ...shared, tokens: stores.apiTokens }),
        audit: new AuditService(shared),
        comparison: new ReleaseComparisonService({ ...shared, deployments, releases, repositories, buildConfigs, git, stackFolder }),
        statistics: new DeploymentStatisticsService({ ...shared, deployments, statistics: stores.deploymentStatistics }),
        deployRules: new DeployRulesService({ ...shared, repositories, buildConfigs }),
        healthCheck: new HealthCheckService({ ...shared, repositories, buildConfigs, stackFolder, docker, probe }),
        remoteState: new RemoteStateService({ ...shared, repositories, deployments, releases, git, headSeen }),
    };
    const stackGit = new StackGitService({ repositories, buildConfigs, deployments, releases, events: webhookEvents, views });

    registerVerbs({ host, services, logger, random });
    registerRest({ host, services, stackGit, receive: (incoming) => receiver.receive(incoming), audit, clock, random, logger, version, docker, deployments, metrics });
    const listed = new RememberedStackFields({ read: (names) => stackGit.fields(names), changeMark: () => foundation.database.changeMark(), clock });
    host.extendStacks((names) => listed.fields(names));
    host.onStackDelete((stack) => services.repositories.removeIfLinked(stack, { actor: { kind: "system", name: "stack deleted", address: null }, origin: null }));
    host.onClose(async () => {
        await poller.stop();
        await housekeeping.stop();
        await worker.stop(STOP_WAIT_MS);
    });

    return {
        start: async () => {
            await recover({ leftPrograms: foundation.programs, leftCommands: commands, workDirectories, store: deployments, worker, clock, logger });
            worker.start();
            await poller.start();
            housekeeping.start();
        },
    };
}

/** What runs keeps its images: they bear the names of the compose file as well. */
async function dropKeptImages(releases: ReleaseStore, docker: Docker, stack: string): Promise<void> {
    for (const release of await releases.recentOf(stack, Number.MAX_SAFE_INTEGER)) {
        for (const { keepTag } of release.services) {
            await docker.untag(keepTag);
        }
    }
}
