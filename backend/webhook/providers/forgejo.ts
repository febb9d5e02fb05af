import { readRefNotice } from "../github-shape.ts";
import { giteaLike } from "./gitea.ts";

export const forgejo = giteaLike(["forgejo", "gitea"], (payload) => [readRefNotice("ref_created", payload)]);
