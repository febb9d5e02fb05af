/** A webhook secret on its way from the page that made it to the Git tab that shows it. Kept in memory only, handed over once. */
const fresh = new Map<string, string>();

export function handOverSecret(stack: string, secret: string): void {
    fresh.set(stack, secret);
}

export function takeFreshSecret(stack: string): string | null {
    const secret = fresh.get(stack) ?? null;
    fresh.delete(stack);
    return secret;
}
