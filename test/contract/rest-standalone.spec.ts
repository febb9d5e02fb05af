import { standaloneUnderTest } from "../fixtures/standalone-under-test.ts";
import { describeRest } from "./rest-contract.ts";

describeRest("standalone", standaloneUnderTest);
