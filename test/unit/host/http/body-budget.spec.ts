import { describe, expect, it } from "vitest";
import { BodyBudget } from "../../../../backend/host/http/body-budget.ts";

const REFUSED = expect.objectContaining({ code: "TOO_MANY_REQUESTS" });

describe("the memory for bodies", () => {
    it("lets one address fill a part of it only, and everybody no more than all", () => {
        const budget = new BodyBudget({ perAddress: 10, overall: 25 });
        const [first, second, other] = [budget.open("192.0.2.1"), budget.open("192.0.2.1"), budget.open("192.0.2.2")];
        first.add(6);
        expect(() => second.add(5)).toThrow(REFUSED);
        other.add(10);
        expect(() => budget.open("192.0.2.3").add(5)).toThrow(REFUSED);
    });

    it("has room again when a request was answered, also one that was refused", () => {
        const budget = new BodyBudget({ perAddress: 10, overall: 25 });
        for (let at = 0; at < 10; at += 1) {
            const share = budget.open("2001:db8::1");
            expect(() => share.add(11)).toThrow(REFUSED);
            share.close();
            share.close();
        }
        const share = budget.open("2001:db8::2");
        share.add(5);
        share.add(5);
    });
});
