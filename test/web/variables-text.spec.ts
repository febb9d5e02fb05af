import { describe, expect, it } from "vitest";
import type { Variable } from "../../frontend/src/components/git/variable.ts";
import { fromText, isSecretName, STORED, toText } from "../../frontend/src/components/git/variables-text.ts";

const read = (text: string, former: Variable[] = []) => fromText(text, former);

describe("variables as text", () => {
    it("survive a round trip, whatever they hold", () => {
        const variables: Variable[] = ["plain", "", "two words", 'say "hi"', "it's", "two\nlines", "a#b", "$HOME", "back\\slash", " padded ", `both ' and "`].map((value, index) => ({ name: `V${index}`, value, secret: false }));
        expect(read(toText(variables), variables)).toEqual({ variables, problems: [] });
    });

    it("keep a stored secret that is not touched, and take what is typed over it", () => {
        const former: Variable[] = [{ name: "DB_PASSWORD", value: null, secret: true }, { name: "HARMLESS", value: "x", secret: false }];
        expect(toText(former)).toBe(`DB_PASSWORD=${STORED}\nHARMLESS=x`);
        expect(read(toText(former), former).variables).toEqual(former);
        expect(read("DB_PASSWORD=new\nHARMLESS=x", former).variables[0]).toEqual({ name: "DB_PASSWORD", value: "new", secret: true });
        // The dots of a variable that is not stored are nothing but dots.
        expect(read(`HARMLESS=${STORED}`, former).variables[0]?.value).toBe(STORED);
    });

    it("read what people paste", () => {
        const { variables, problems } = read('# a comment\nexport A=1\n\nB = two words # and why\r\nC="first\nsecond"\nD=\'$literal\'\nAPI_TOKEN=t\nMONKEY=x');
        expect(problems).toEqual([]);
        expect(variables.map(({ name, value, secret }) => [name, value, secret])).toEqual([
            ["A", "1", false], ["B", "two words", false], ["C", "first\nsecond", false], ["D", "$literal", false], ["API_TOKEN", "t", true], ["MONKEY", "x", false],
        ]);
    });

    it("are secrets when they are called like one", () => {
        const names = ["DB_PASSWORD", "API_TOKEN", "S3_SECRET", "ENCRYPTION_KEY", "KEY", "apikey", "AWS_ACCESS_KEY_ID", "MYSQL_PWD", "MONKEY", "KEYBOARD", "PUBLIC_KEY", "PWD", "PASSENGERS", "GREETING"];
        expect(names.filter(isSecretName)).toEqual(["DB_PASSWORD", "API_TOKEN", "S3_SECRET", "ENCRYPTION_KEY", "KEY", "apikey", "AWS_ACCESS_KEY_ID", "MYSQL_PWD"]);
    });

    it("name the line of what cannot be read", () => {
        expect(read("A=1\nnonsense\n1B=2\nA=3\nC=\"open").problems).toEqual([
            { line: 2, kind: "noName", name: "nonsense" },
            { line: 3, kind: "noName", name: "1B" },
            { line: 4, kind: "twice", name: "A" },
            { line: 5, kind: "unclosed", name: "C" },
        ]);
    });
});
