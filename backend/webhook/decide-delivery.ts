import { decide, ignore, type DecisionPolicy, type DeployVerdict, type IgnoreVerdict } from "../domain/push/decide.ts";
import type { ProviderEvent, Push } from "../domain/push/push.ts";

export type DeliveryVerdict = { verdict: DeployVerdict; push: Push } | { verdict: IgnoreVerdict; push: null };

/** One verdict for everything that a delivery carries: the last change that deploys, else the reason of the last one. */
export function decideDelivery(events: readonly ProviderEvent[], policy: DecisionPolicy): DeliveryVerdict {
    let last: IgnoreVerdict = ignore("NO_CHANGES", "The delivery names no change.");
    for (const event of events.toReversed()) {
        const verdict = event.kind === "push" ? decide(event, policy) : ignoreEvent(event);
        if (verdict.kind === "deploy" && event.kind === "push") {
            return { verdict, push: event };
        }
        if (verdict.kind === "ignore" && last.code === "NO_CHANGES") {
            last = verdict;
        }
    }
    return { verdict: last, push: null };
}

function ignoreEvent(event: Exclude<ProviderEvent, Push>): IgnoreVerdict {
    switch (event.kind) {
        case "ping":
            return ignore("PING", "The webhook works.");
        case "test":
            return ignore("TEST_DELIVERY", "The webhook works; a test delivery deploys nothing.");
        case "pull_request":
            return ignore("PULL_REQUEST", "Pull requests do not deploy; the push that merges one does.");
        case "ref_created":
            return ignore("EVENT_NOT_HANDLED", "A new branch or tag is deployed by its push event.");
        case "ref_deleted":
            return ignore("REF_DELETED", `The ${event.refType ?? "branch"} ${event.ref ?? ""} was deleted; the stack keeps running.`);
        case "other":
            return ignore("EVENT_NOT_HANDLED", "Only pushes of branches and tags deploy.");
    }
}
