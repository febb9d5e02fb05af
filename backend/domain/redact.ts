import { SecretForms } from "./secret-forms.ts";
import { UnreadableSecret, type Secret } from "./secret.ts";
import { TextMatcher } from "./text-matcher.ts";

const MASK = "***";

/**
 * Masks secret values wherever they stand in a text, also encoded (see `SecretForms`). Time is linear in the text, however many
 * secrets there are: one pass of an automaton finds all of them, and what overlaps or touches becomes one mask.
 */
export class Redactor {
    readonly #forms = new SecretForms();
    #matcher: TextMatcher | null = null;

    constructor(secrets: Iterable<Secret> = []) {
        this.add(secrets);
    }

    /** Masks these values too, from now on. */
    add(secrets: Iterable<Secret>): void {
        for (const secret of secrets) {
            // What nobody here can read stands in no output.
            if (!(secret instanceof UnreadableSecret)) {
                this.#forms.add(secret.reveal());
            }
        }
        this.#matcher = null;
    }

    /** One line, or any text: a secret of several lines is masked line by line. */
    redact(text: string): string {
        if (this.#forms.isEmpty) {
            return text;
        }
        this.#matcher ??= new TextMatcher(this.#forms.all());
        const ranges = this.#matcher.find(text);
        if (ranges.length === 0) {
            return text;
        }
        let redacted = "";
        let end = 0;
        for (const range of ranges) {
            redacted += text.slice(end, range.start) + MASK;
            end = range.end;
        }
        return redacted + text.slice(end);
    }
}
