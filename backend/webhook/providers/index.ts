import type { Provider } from "../../../common/schemas.ts";
import type { WebhookProvider } from "../provider.ts";
import { bitbucketDc } from "./bitbucket-dc.ts";
import { bitbucket } from "./bitbucket.ts";
import { forgejo } from "./forgejo.ts";
import { generic } from "./generic.ts";
import { gitea } from "./gitea.ts";
import { github } from "./github.ts";
import { gitlab } from "./gitlab.ts";
import { gogs } from "./gogs.ts";

/** Which one is used follows from the repository's own settings: Gitea's deliveries also carry the headers of GitHub and Gogs. */
export const PROVIDERS: Readonly<Record<Provider, WebhookProvider>> = {
    github,
    gitlab,
    bitbucket,
    bitbucket_dc: bitbucketDc,
    gitea,
    forgejo,
    gogs,
    generic,
};
