import { RowModel } from "./row-model.ts";

/** A row of `git_repositories`; its private key lies in `ssh_keys`. */
export class RepositoryModel extends RowModel {
    declare stackId: string;
}
