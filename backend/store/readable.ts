import { DeployError } from "../domain/errors.ts";

/**
 * Reads what can be read of many rows. One whose secrets the present key does not open (a key was lost or exchanged)
 * must not keep the server and every other stack from working; asked for by itself it says what is wrong.
 */
export function readable<Row, Entity>(rows: readonly Row[], read: (row: Row) => Entity): Entity[] {
    return rows.flatMap((row) => {
        try {
            return [read(row)];
        } catch (error) {
            if (error instanceof DeployError && error.code === "SECRET_UNREADABLE") {
                return [];
            }
            throw error;
        }
    });
}
