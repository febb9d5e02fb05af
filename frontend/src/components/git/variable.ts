/** A row of a list of names with values; null is a stored value that is not shown. */
export interface Variable {
    name: string;
    value: string | null;
    secret?: boolean;
}
