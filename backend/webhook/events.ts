import type { Notice, RepositoryInfo } from "../domain/push/push.ts";

/** Something genuine that asks for nothing. */
export function notice(kind: Notice["kind"], repository: RepositoryInfo | null, ref: { name: string; refType: "branch" | "tag" } | null = null): Notice {
    return { kind, ref: ref?.name ?? null, refType: ref?.refType ?? null, repository };
}
