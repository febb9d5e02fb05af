import type { Knex } from "knex";
import { RedBeanNode } from "redbean-node";
import { ApiTokenModel } from "./models/api-token-model.ts";
import { BuildConfigModel } from "./models/build-config-model.ts";
import { RepositoryModel } from "./models/repository-model.ts";
import { SettingModel } from "./models/setting-model.ts";
import { UserModel } from "./models/user-model.ts";

/** Table to model. */
export interface Models {
    user: UserModel;
    setting: SettingModel;
    api_tokens: ApiTokenModel;
    git_repositories: RepositoryModel;
    build_configs: BuildConfigModel;
}

type Table = keyof Models;

/**
 * redbean-node for work on single rows, with its traps closed: an instance of our own (Dockge's is global), frozen, so that a typing error never
 * becomes a column; and only changed columns are written. Never use it inside a knex transaction: there is one connection, so it would wait for ever.
 */
export class Beans {
    readonly #redbean = new RedBeanNode();

    constructor(knex: Knex) {
        this.#redbean.setup(knex);
        this.#redbean.freeze(true);
        Object.assign(this.#redbean.modelList, {
            user: UserModel,
            setting: SettingModel,
            api_tokens: ApiTokenModel,
            git_repositories: RepositoryModel,
            build_configs: BuildConfigModel,
        } satisfies Record<Table, unknown>);
    }

    dispense<T extends Table>(table: T, values: Partial<Models[T]>): Models[T] {
        return Object.assign(this.#redbean.dispense(table) as Models[T], values);
    }

    async findOne<T extends Table>(table: T, clause: string, values: (string | number | null)[] = []): Promise<Models[T] | null> {
        const bean = (await this.#redbean.findOne(table, clause, values)) as Models[T] | null;
        // Without this the next store() would write every column back, and undo what somebody else changed meanwhile.
        bean?.beanMeta.clearHistory();
        return bean;
    }

    async find<T extends Table>(table: T, clause: string, values: (string | number | null)[] = []): Promise<Models[T][]> {
        const beans = (await this.#redbean.find(table, clause, values)) as Models[T][];
        for (const bean of beans) {
            bean.beanMeta.clearHistory();
        }
        return beans;
    }

    /** Inserts a row whose id the database gives, or writes the changed columns of one that was found. */
    async store(bean: UserModel | SettingModel | ApiTokenModel): Promise<void> {
        await this.#redbean.store(bean);
    }

    async remove(bean: Models[Table]): Promise<void> {
        await this.#redbean.trash(bean);
    }
}
