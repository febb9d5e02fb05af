import { describe, expect, it } from "vitest";
import { CLI_OPTIONS, CliError, helpText, parseCli } from "../../backend/cli-options.ts";

describe("parseCli", () => {
    it.each([
        ["--unknown", "There is no option --unknown"],
        ["--portal=1", "There is no option --portal"],
        ["--constructor", "There is no option --constructor"],
        ["--no-enableConsole", "There is no option --no-enableConsole"],
        ["-p", "There is no option -p"],
        ["stray", "\"stray\" is not expected here"],
        ["--", "\"--\" is not expected here"],
    ])("refuses %s and names every option there is", (argument, sentence) => {
        const parse = () => parseCli([argument]);
        expect(parse).toThrow(CliError);
        expect(parse).toThrow(sentence);
        for (const name of [...Object.keys(CLI_OPTIONS), "help", "version"]) {
            expect(parse).toThrow(`--${name}`);
        }
    });

    it("says what a value would be", () => {
        expect(() => parseCli(["--dataDir"])).toThrow("--dataDir needs a value: --dataDir <folder>");
    });

    it("takes what follows a flag for its value only when it is one", () => {
        expect(parseCli(["--enableConsole", "--port", "1"]).settings).toEqual({ DOCKGE_ENABLE_CONSOLE: "true", DOCKGE_PORT: "1" });
        expect(parseCli(["--enableConsole=false"]).settings).toEqual({ DOCKGE_ENABLE_CONSOLE: "false" });
        expect(() => parseCli(["--enableConsole", "maybe"])).toThrow("\"maybe\" is not expected here");
    });

    it("knows what only asks", () => {
        expect(parseCli(["--help"])).toEqual({ settings: {}, isHelpWanted: true, isVersionWanted: false });
        expect(parseCli(["--version", "--port", "1"])).toMatchObject({ isVersionWanted: true });
        expect(helpText()).toMatch(/--stacksDir <folder> +DOCKGE_STACKS_DIR/);
    });
});
