import { extendZodWithOpenApi } from "@asteasolutions/zod-to-openapi";
import { z } from "zod";

/** Only schemas that are made after this can be named in the API's description; those made before are cloned there. */
extendZodWithOpenApi(z);
