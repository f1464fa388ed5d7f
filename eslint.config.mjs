import tseslint from "typescript-eslint";
import importX from "eslint-plugin-import-x";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";

/** One border: files under `from` may not import what `ban` names. */
const border = (files, patterns) => ({
  files,
  rules: { "@typescript-eslint/no-restricted-imports": ["error", { patterns }] },
});

const pulumi = { group: ["@pulumi/*"], message: "Code that runs in a service or starts a machine-local region knows no Pulumi." };

export default tseslint.config(
  { ignores: ["node_modules/**", "**/dist/**", "**/gen/**", "**/*.mjs", "**/*.cjs"] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { "import-x": importX },
    settings: { "import-x/resolver-next": [createTypeScriptImportResolver({ project: "tsconfig.json" })] },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "import-x/no-cycle": "error",
      "import-x/no-self-import": "error",
      "no-restricted-properties": "off",
      eqeqeq: "error",
      "prefer-const": "error",
    },
  },
  border(["services/kit/**/*.ts"], [
    pulumi,
    { group: ["**/components/**", "**/config/**", "**/policies/**", "**/region/**"], message: "A running service stands on services/kit alone." },
  ]),
  border(["services/!(kit)/src/**/*.ts", "services/!(kit)/contract.ts", "services/!(kit)/schemas.ts"], [
    pulumi,
    { group: ["**/components/**", "**/config/**", "**/policies/**", "**/region/**"], message: "A running service stands on services/kit alone." },
    { regex: "^(\\.\\./)+(?!kit/)[a-z-]+/src/", message: "Services know one another by contract.ts only." },
  ]),
  border(["components/**/*.ts"], [
    { group: ["**/services/!(kit)/**", "**/services/index", "**/services"], message: "components/ know clouds and Kubernetes and no particular service." },
    { group: ["**/region/**", "**/toolchain/**", "**/cli/**"], message: "components/ are the program; the machine-local region is what they run on." },
  ]),
  border(["region/**/*.ts", "toolchain/**/*.ts", "images/**/*.ts"], [
    pulumi,
    { group: ["**/components/**", "**/services/**", "**/config/**", "**/policies/**"], message: "What starts a machine-local region knows nothing of what is deployed on it." },
  ]),
  {
    files: ["index.ts", "components/**/*.ts", "services/*/workload.ts", "services/index.ts", "policies/**/*.ts"],
    rules: {
      "no-restricted-properties": ["error", { object: "process", property: "env", message: "Only config/ reads the environment." }],
      "no-restricted-syntax": ["error", {
        selector: "NewExpression[callee.property.name='Config'], NewExpression[callee.name='Config']",
        message: "Only config/ reads Pulumi configuration.",
      }],
    },
  },
  {
    // Commands are loaded when called, and CommonJS has no other way to do that than require.
    files: ["cli/main.ts"],
    rules: { "@typescript-eslint/no-require-imports": ["error", { allow: ["^\\./[a-z-]+$"] }], "@typescript-eslint/consistent-type-imports": "off" },
  },
  {
    // Services are found by their folders.
    files: ["services/index.ts"],
    rules: { "@typescript-eslint/no-require-imports": "off" },
  },
  {
    // mocha's describe and it return values nobody awaits; node:test-like promises do not occur in them.
    files: ["**/test/**/*.ts", "tests/**/*.ts"],
    rules: { "@typescript-eslint/no-unsafe-assignment": "off", "@typescript-eslint/no-unsafe-member-access": "off" },
  },
);
