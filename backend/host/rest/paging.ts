import { z } from "zod";
import { LIMITS } from "../../../common/schemas.ts";

/** `?page&perPage` of lists that have no filter. */
export function paging(defaultPerPage: number) {
    return z
        .object({
            page: z.coerce.number().int().min(1).max(1_000_000).default(1),
            perPage: z.coerce.number().int().min(1).max(LIMITS.perPage).default(defaultPerPage),
        })
        .strict();
}
