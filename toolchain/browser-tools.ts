import type { ToolDefinition } from "./definition";

const chromiumFolder = "root/chromium";

/** Starts it with the libraries and fonts that come with it; the place is found at run time, so that the cache may be moved. */
const chromiumScript = `#!/bin/sh
self=$(readlink -f "$0")
home=\${self%/bin/*}/${chromiumFolder}
FONTCONFIG_PATH="$home/fontconfig" LD_LIBRARY_PATH="$home/lib" exec "$home/chromium" "$@"
`;

/** The configuration in the package names folders of another machine. */
const fontsConfiguration = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">../fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;

/** What tests of web pages need; no region holds it. */
export const browserTools = [
  {
    name: "chromium",
    version: "153.0.0",
    source: "npm @sparticuz/chromium",
    modes: ["browser"],
    provides: ["chromium"],
    builds: [
      {
        kind: "npm",
        version: "153.0.0",
        packages: {
          x64: { name: "@sparticuz/chromium", integrity: "sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA==" },
        },
        members: {},
        compressed: {
          "bin/chromium.br": `${chromiumFolder}/chromium`,
          "bin/al2023.tar.br": chromiumFolder,
          "bin/fonts.tar.br": chromiumFolder,
          "bin/swiftshader.tar.br": chromiumFolder,
        },
      },
      { kind: "script", scripts: { chromium: chromiumScript }, files: { [`${chromiumFolder}/fontconfig/fonts.conf`]: fontsConfiguration } },
    ],
  },
] as const satisfies readonly ToolDefinition[];
