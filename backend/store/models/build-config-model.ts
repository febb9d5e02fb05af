import { RowModel } from "./row-model.ts";

/** A row of `build_configs`; its arguments and variables lie in `build_args` and `env_vars`. */
export class BuildConfigModel extends RowModel {
    declare stackId: string;
    declare repositoryId: string;
}
