// Seals, opens and names keys with the npm package `age-encryption`: an implementation of the age
// format by its author's project, in another language, with other cryptographic libraries.
//
//   node age_interop.mjs PACKAGE_FOLDER recipient SECRET
//   node age_interop.mjs PACKAGE_FOLDER open      SECRET    SEALED_FILE PLAINTEXT_FILE
//   node age_interop.mjs PACKAGE_FOLDER seal      RECIPIENT PLAINTEXT_FILE SEALED_FILE
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [folder, verb, key, source, target] = process.argv.slice(2);
const age = await import(pathToFileURL(path.join(folder, "dist", "index.js")).href);

if (verb === "recipient") {
  process.stdout.write(await age.identityToRecipient(key));
} else if (verb === "open") {
  const decrypter = new age.Decrypter();
  decrypter.addIdentity(key);
  fs.writeFileSync(target, await decrypter.decrypt(new Uint8Array(fs.readFileSync(source))));
} else if (verb === "seal") {
  const encrypter = new age.Encrypter();
  encrypter.addRecipient(key);
  fs.writeFileSync(target, await encrypter.encrypt(new Uint8Array(fs.readFileSync(source))));
} else {
  throw new Error(`unknown verb ${verb}`);
}
