import type { Trigger } from "../../common/deployment.ts";
import type { Actor } from "../domain/entities.ts";

/** On whose behalf a service acts. */
export interface Caller {
    actor: Actor;
    /** `https://host` as the caller's client sees us; null when unknown. Base of the webhook URL while no public URL is set. */
    origin: string | null;
}

export function triggerOf(actor: Actor): Trigger {
    switch (actor.kind) {
        case "user":
        case "system":
            return "manual";
        case "token":
            return "api";
        case "webhook":
            return "webhook";
        case "schedule":
            return "scheduled";
    }
}
