import { BeanModel } from "redbean-node/dist/bean-model.js";
import type { Row } from "../row-mapper.ts";

/** A row that a `RowMapper` turns into an entity, as it holds sealed values, flags and lists. */
export abstract class RowModel extends BeanModel {
    declare id: string;

    toRow(): Row {
        return this.export(false) as Row;
    }
}
