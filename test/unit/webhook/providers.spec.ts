import { describe, expect, it } from "vitest";
import type { ProviderEvent, PullRequest, Push } from "../../../backend/domain/push/push.ts";
import { payloadText } from "../../../backend/webhook/payload.ts";
import { PROVIDERS } from "../../../backend/webhook/providers/index.ts";
import { hasVectors, readDeliveryVectors, VECTORS_DIRECTORY, type DeliveryVector, type Expected } from "../../fixtures/payload-vectors.ts";

/** Recorded deliveries against the normalised result that is stated beside each. */

const ZERO = /^0+$/;
const withoutZero = (sha: string | null | undefined) => (sha === null || sha === undefined || ZERO.test(sha) ? null : sha);

function parse(vector: DeliveryVector): ProviderEvent[] {
    return PROVIDERS[vector.provider].parse(vector.headers, payloadText(vector.headers, vector.body));
}

function expectRepository(actual: ProviderEvent["repository"], repo: Expected["repo"]): void {
    if (repo === undefined) {
        return;
    }
    expect(actual).toMatchObject({ id: repo.id, fullName: repo.fullName, private: repo.private ?? !repo.public });
    for (const field of ["cloneUrlHttp", "cloneUrlSsh", "defaultBranch"] as const) {
        if (field in repo) {
            expect(actual?.[field]).toBe(repo[field]);
        }
    }
    if ("webUrl" in repo) {
        expect(actual).toMatchObject({ cloneUrlHttp: `${repo.webUrl}.git`, cloneUrlSsh: `git@bitbucket.org:${repo.fullName}.git` });
    }
}

function expectPush(actual: Push, expected: Expected, common: Expected): void {
    expect(actual).toMatchObject({
        kind: "push",
        refType: expected.refType,
        name: expected.name,
        ref: expected.ref ?? `refs/${expected.refType === "tag" ? "tags" : "heads"}/${expected.name}`,
        before: withoutZero(expected.before),
        after: withoutZero(expected.after),
        isCreated: expected.created,
        isDeleted: expected.deleted,
        isForced: expected.forced ?? false,
        pusher: common.pusher ?? common.actor,
    });
    if ("checkoutSha" in expected) {
        expect(actual.after).toBe(expected.checkoutSha);
    }
    if ("headCommit" in expected) {
        expect(actual.headCommit).toEqual(expected.headCommit);
    }
    if ("headMessage" in expected) {
        expect(actual.headCommit?.message ?? null).toBe(expected.headMessage);
    }
    // The vectors list what the payload names. We say null as soon as that may be less than what changed.
    const isIncomplete = expected.truncated === true || expected.created === true || expected.refType === "tag";
    const named = isIncomplete ? null : (expected.changedFiles ?? null);
    expect(actual.changedFiles).toEqual(named === null ? null : [...named].sort());
}

const KNOWN_ACTIONS = ["opened", "synchronized", "reopened", "closed", "merged"];

function expectPullRequest(actual: PullRequest, expected: Expected): void {
    expect(actual).toMatchObject({
        kind: "pull_request",
        action: KNOWN_ACTIONS.includes(expected.action ?? "") ? expected.action : "other",
        rawAction: expected.rawAction,
        number: expected.number,
        isDraft: expected.draft ?? false,
        headSha: expected.headSha,
        headRef: expected.headRef,
        headRepository: expected.headRepo,
        baseRef: expected.baseRef,
        baseSha: expected.baseSha,
        baseRepository: expected.baseRepo,
        isFork: expected.isFork,
        oldHeadSha: expected.oldHeadSha ?? null,
        labels: expected.labels ?? [],
        mergeCommitSha: expected.mergeCommitSha,
    });
    expect(actual.action === "merged").toBe(expected.merged === true);
}

const NOTICES: Record<string, string> = { ping: "ping", ref_create: "ref_created", ref_delete: "ref_deleted", installation: "other", installation_repositories: "other" };

describe.skipIf(!hasVectors)("recorded deliveries", () => {
    const vectors = hasVectors ? readDeliveryVectors() : [];

    it("are all there", () => {
        expect(vectors.length).toBeGreaterThanOrEqual(75);
    });

    it.each(vectors)("$name is genuine, and not with another secret or body", (vector) => {
        const provider = PROVIDERS[vector.provider];
        expect(provider.verify(vector, vector.secrets, vector.nowMs)).toBe(true);
        expect(provider.verify({ ...vector, headers: {} }, vector.secrets, vector.nowMs)).toBe(false);
        expect(provider.verify(vector, { accepted: [], signingToken: null }, vector.nowMs)).toBe(false);
        if (vector.provider !== "gitlab" || vector.secrets.signingToken !== null) {
            const altered = Buffer.from(vector.body);
            altered[altered.length - 2] = (altered[altered.length - 2] ?? 0) ^ 1;
            expect(provider.verify({ headers: vector.headers, body: altered }, vector.secrets, vector.nowMs)).toBe(false);
        }
    });

    it.each(vectors)("$name names its event and its delivery", (vector) => {
        const provider = PROVIDERS[vector.provider];
        expect(provider.eventType(vector.headers)).toBe(vector.event);
        expect(provider.deliveryId(vector.headers)).toMatch(/^[0-9a-f-]{36}$/);
    });

    const stated = vectors.flatMap((vector) => (vector.expected === null ? [] : [{ ...vector, expected: vector.expected }]));

    it.each(stated)("$name is read as stated", (vector) => {
        const { expected } = vector;
        const events = parse(vector);
        if (vector.name === "gogs/create-tag") {
            // The vector says what GitHub means by `create`. Gogs sends no push for a tag, so here it is one.
            expect(events).toHaveLength(1);
            expect(events[0]).toMatchObject({ kind: "push", ref: "refs/tags/v1.0.0", after: "599d25c67b05717269f50ac082b34f176d085179", isCreated: true, pusher: "unknwon" });
            expectRepository(events[0]?.repository ?? null, expected.repo);
            return;
        }
        const changes = expected.changes ?? [expected];
        expect(events).toHaveLength(changes.length);
        for (const [index, event] of events.entries()) {
            if (expected.kind === "push") {
                expectPush(event as Push, changes[index] ?? expected, expected);
            } else if (expected.kind === "pull_request") {
                expectPullRequest(event as PullRequest, expected);
            } else {
                expect(event).toMatchObject({ kind: NOTICES[expected.kind], ref: expected.ref ?? null, refType: expected.refType ?? null });
            }
            expectRepository(event.repository, expected.repo);
        }
    });

    it("a generic delivery names branch, commit and repository", () => {
        const vector = vectors.find(({ provider }) => provider === "generic");
        expect(vector && parse(vector)).toMatchObject([
            { kind: "push", ref: "refs/heads/main", name: "main", after: "0123456789abcdef0123456789abcdef01234567", repository: { fullName: "acme/site" }, changedFiles: null },
        ]);
    });
});

if (!hasVectors) {
    console.warn(`The recorded deliveries did not run: put them into ${VECTORS_DIRECTORY}.`);
}
