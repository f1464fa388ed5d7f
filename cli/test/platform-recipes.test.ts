import assert from "node:assert/strict";
import { PLATFORM_IMAGES } from "../../components/images";
import { platformRecipes } from "../platform-recipes";

describe("recipes of the platform's images", () => {
  it("make each image that the program names, under its name", () => {
    const tools = { path: () => "/nowhere", root: () => "/nowhere" };
    assert.deepEqual(PLATFORM_IMAGES.map((name) => platformRecipes[name](tools).name), [...PLATFORM_IMAGES]);
  });
});
