import { randomBytes, randomUUID } from "node:crypto";
import type { Random } from "./domain/ports.ts";

export const systemRandom: Random = {
    uuid: () => randomUUID(),
    token: (bytes) => randomBytes(bytes).toString("base64url"),
};
