import typescript from "typescript-eslint";

export default typescript.config(typescript.configs.recommended, { ignores: ["kernel.ts"] });
