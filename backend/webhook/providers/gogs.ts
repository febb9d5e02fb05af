import type { ProviderEvent } from "../../domain/push/push.ts";
import { readRefNotice, readRepository } from "../github-shape.ts";
import { at, commitAt, makeRef, textAt, type JsonObject } from "../payload.ts";
import { giteaLike } from "./gitea.ts";

export const gogs = giteaLike(["gogs"], readCreate);

/** Gogs sends no push for a tag: `create` is all there is. A new branch comes as a push as well. */
function readCreate(payload: JsonObject): ProviderEvent[] {
    const name = textAt(payload, "ref");
    if (textAt(payload, "ref_type") !== "tag" || name === null) {
        return [readRefNotice("ref_created", payload)];
    }
    return [
        {
            kind: "push",
            ...makeRef("tag", name),
            before: null,
            after: commitAt(payload, "sha"),
            isCreated: true,
            isDeleted: false,
            isForced: false,
            headCommit: null,
            pusher: textAt(payload, "sender", "login"),
            changedFiles: null,
            isSkipRequested: false,
            repository: readRepository(at(payload, "repository")),
        },
    ];
}
