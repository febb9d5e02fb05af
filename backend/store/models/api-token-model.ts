import { BeanModel } from "redbean-node/dist/bean-model.js";
import type { ApiToken } from "../../domain/entities.ts";

export class ApiTokenModel extends BeanModel {
    declare id: string;
    declare name: string;
    declare hash: string;
    declare createdAt: number;
    declare lastUsedAt: number | null;
    declare expiresAt: number | null;

    toEntity(): ApiToken {
        return { id: this.id, name: this.name, hash: this.hash, createdAt: this.createdAt, lastUsedAt: this.lastUsedAt, expiresAt: this.expiresAt };
    }
}
