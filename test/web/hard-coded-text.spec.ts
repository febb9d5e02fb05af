// @vitest-environment node
import { parse } from "@vue/compiler-sfc";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import en from "../../frontend/src/lang/en.json";
import { flatTexts } from "../fixtures/flat-texts.ts";

const english = flatTexts(en);
const sources = Object.entries(import.meta.glob<string>("../../frontend/src/**/*.{vue,ts}", { query: "?raw", import: "default", eager: true })).map(([path, source]) => {
    const descriptor = path.endsWith(".vue") ? parse(source, { sourceMap: false }).descriptor : null;
    return { file: path.replace(/^.*frontend\/src\//, ""), source, template: descriptor?.template?.ast, code: descriptor === null ? source : (descriptor.scriptSetup?.content ?? "") };
});

/** Attributes that people read or hear. A placeholder may be an example of what to type, such as an address. */
const READ_ATTRIBUTES = new Set(["placeholder", "title", "aria-label", "aria-description", "alt", "label", "hint", "action", "text"]);
/** What stands in a page as it is in every language: names of programs, products and files. */
const ALLOWED = new Set(["Dockerfile", "Dockge Git Deploy", "global.env"]);

interface TemplateNode {
    readonly type: number;
    readonly content?: unknown;
    readonly children?: readonly TemplateNode[];
    readonly props?: readonly { readonly type: number; readonly name: string; readonly value?: { readonly content: string }; readonly arg?: { readonly content: string }; readonly exp?: { readonly content: string } }[];
}
const NODE = { text: 2, interpolation: 5, attribute: 6, directive: 7 } as const;

const isWord = (text: string): boolean => /\p{L}{2,}/u.test(text) && !ALLOWED.has(text.trim());
/** A capital and then several words: no key, class, event or address looks like that. */
const isSentence = (text: string): boolean => isWord(text) && /^\p{Lu}[\p{L}'-]*,? (\p{L}[\p{L}'-]*[ ,.:]?)+/u.test(text);

/** In a template a single word with a capital is a text, too, as long as it is not the end of a key. */
function literalsIn(expression: string): string[] {
    return textsOfCode(`(${expression})`, (text, isWhole) => isSentence(text) || (isWhole && isWord(text) && /^\p{Lu}\p{Ll}+$/u.test(text)));
}

function textsOfTemplate(node: TemplateNode): string[] {
    const own: string[] = [];
    if (node.type === NODE.text && isWord(String(node.content))) {
        own.push(String(node.content).trim());
    }
    if (node.type === NODE.interpolation) {
        own.push(...literalsIn(String((node.content as { content: string }).content)));
    }
    for (const prop of node.props ?? []) {
        const name = prop.type === NODE.directive ? (prop.arg?.content ?? "") : prop.name;
        if (prop.type === NODE.attribute && READ_ATTRIBUTES.has(name) && (name === "placeholder" ? isSentence : isWord)(prop.value?.content ?? "")) {
            own.push(`${name}="${prop.value?.content}"`);
        } else if (prop.type === NODE.directive && prop.name === "bind" && READ_ATTRIBUTES.has(name)) {
            own.push(...literalsIn(prop.exp?.content ?? ""));
        }
    }
    return [...own, ...(node.children ?? []).flatMap(textsOfTemplate)];
}

/** What is written for whoever reads the program or the browser's console. */
function isForDevelopers(node: ts.Node): boolean {
    for (let at: ts.Node | undefined = node.parent; at !== undefined; at = at.parent) {
        const isError = ts.isNewExpression(at) && at.expression.getText() === "Error";
        const isLog = ts.isCallExpression(at) && /^console\./.test(at.expression.getText());
        if (isError || isLog || ts.isImportDeclaration(at) || ts.isLiteralTypeNode(at)) {
            return true;
        }
    }
    return false;
}

function textsOfCode(code: string, isFound: (text: string, isWhole: boolean) => boolean): string[] {
    const found: string[] = [];
    // Most code has no such text, and parsing it all takes seconds.
    if (!/["'`}]\s*\p{Lu}/u.test(code)) {
        return found;
    }
    const visit = (node: ts.Node): void => {
        const isWhole = ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node);
        const isText = isWhole || ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node);
        if (isText && isFound(node.text.trim(), isWhole) && !isForDevelopers(node)) {
            found.push(node.text);
        }
        ts.forEachChild(node, visit);
    };
    visit(ts.createSourceFile("code.ts", code, ts.ScriptTarget.Latest, true));
    return found;
}

describe("the page", () => {
    it("has no text written into a template", () => {
        expect(sources.flatMap(({ file, template }) => (template === undefined ? [] : textsOfTemplate(template as unknown as TemplateNode).map((text) => `${file}: ${text}`)))).toEqual([]);
    });

    it("has no sentence written into its code", () => {
        expect(sources.flatMap(({ file, code }) => textsOfCode(code, isSentence).map((text) => `${file}: ${text}`))).toEqual([]);
    });

    it("would be caught with one", () => {
        const ast = parse(`<template><p title="Say hello" placeholder="git.example.com">{{ x ? "Yes" : t("a.b") }} Hello</p><p :title="x ? 'Oh no' : t('a.b')" class="some class" /></template>`).descriptor.template?.ast;
        expect(textsOfTemplate(ast as unknown as TemplateNode)).toEqual(['title="Say hello"', "Yes", "Hello", "Oh no"]);
        expect(textsOfCode('toast("Saved it."); throw new Error("For us."); list("a-b", "some.key", "Could not save");', isSentence)).toEqual(["Saved it.", "Could not save"]);
    });
});

describe("en.json", () => {
    const code = sources.map(({ source }) => source).join("\n");

    it("has every text that is asked for by its whole name", () => {
        const missing = sources.flatMap(({ file, source }) => [...source.matchAll(/\bt\(\s*["']([\w.-]+)["']/g), ...source.matchAll(/(?:label|key): "(\w+\.[\w.]+)"/g)].map(([, key]) => key ?? "").filter((key) => !english.has(key)).map((key) => `${file}: ${key}`));
        expect(missing).toEqual([]);
    });

    it("has no text that nothing asks for", () => {
        // Keys that are put together: a part in backquotes that begins with a group's name stands for all that fits it.
        const patterns = [...code.matchAll(/`([a-z]\w*(?:\.[\w.-]*)?)(\$\{[^`]*)`/g)]
            .filter(([, start = ""]) => start.includes(".") && (start.split(".")[0] ?? "") in en)
            .map(([, start = "", rest = ""]) => new RegExp(`^${start.replaceAll(".", "\\.")}${rest.replace(/\$\{[^}]*\}/g, "%").replaceAll(".", "\\.").replaceAll("%", "[\\w-]+")}(\\.\\d)?$`));
        // Where the page has no Vue, texts are properties.
        const isProperty = (key: string): boolean => key.startsWith("tabs.") || code.includes(`${key.split(".").at(-2)}.${key.split(".").at(-1)}`);
        const unused = [...english.keys()].filter((key) => !code.includes(`"${key}"`) && !code.includes(`'${key}'`) && !patterns.some((pattern) => pattern.test(key)) && !isProperty(key));
        expect(unused).toEqual([]);
    });
});
