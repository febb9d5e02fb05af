import { standaloneUnderTest } from "../fixtures/standalone-under-test.ts";
import { describeHost } from "./host-contract.ts";

describeHost("standalone", standaloneUnderTest);
