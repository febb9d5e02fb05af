/** Names under which a payload may carry something secret, as JSON writes them. Gogs and old Gitea put the webhook's secret into each payload. */
const SECRET_FIELD = /("[\w-]{0,40}(?:secret|token|password|passwd|credential|api_?key|private_?key|authorization)[\w-]{0,40}"\s*:\s*)"(?:[^"\\]|\\.)*"/gi;

/** A webhook's payload as it is shown. What is stored stays whole, so that it can be processed again. */
export function maskPayload(payload: string): string {
    return payload.replace(SECRET_FIELD, '$1"***"');
}
