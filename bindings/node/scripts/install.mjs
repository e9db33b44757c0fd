// Installs a tarball in a fresh folder, as a user without network would: `node scripts/install.mjs TARBALL DIR`.

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const [tarball, directory] = process.argv.slice(2);
if (!directory) {
  console.error('usage: node scripts/install.mjs TARBALL DIR');
  process.exit(2);
}
rmSync(directory, { recursive: true, force: true });
mkdirSync(directory, { recursive: true });
writeFileSync(path.join(directory, 'package.json'), '{ "private": true }\n');
const args = ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
execFileSync('npm', [...args, path.resolve(tarball)], { cwd: directory, stdio: 'inherit' });
