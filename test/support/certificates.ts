import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** False where there is no `openssl`: tests of TLS skip. */
export const hasOpenssl = spawnSync('openssl', ['version']).status === 0

/** A certificate authority of a test's own, and what it issues. */
export type Authority = {
  /** Its certificate, PEM. */
  readonly ca: string
  /** The same in a file, for `NODE_EXTRA_CA_CERTS` and `tls.ca`. */
  readonly caFile: string
  /** A key and a certificate for names (or addresses) of a server. */
  issue(...names: readonly string[]): { readonly key: string; readonly cert: string }
  /** Removes its files. */
  close(): void
}

/** Makes an authority in a temporary folder. */
export function makeAuthority(): Authority {
  const folder = mkdtempSync(join(tmpdir(), 'dragoman-ca-'))
  const file = (name: string) => join(folder, name)
  const openssl = (...args: readonly string[]) =>
    execFileSync('openssl', [...args], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  const about = ['-subj', '/CN=Dragoman test authority', '-days', '2', '-keyout', 'ca.key', '-out', 'ca.pem']
  openssl('req', '-x509', ...newKey, ...about, '-addext', 'keyUsage=critical,keyCertSign')
  let issued = 0
  return {
    ca: readFileSync(file('ca.pem'), 'utf8'),
    caFile: file('ca.pem'),
    issue(...names) {
      const name = `server${(issued += 1)}`
      const alternatives = names.map((each) => `${/^[\d.]+$/.test(each) ? 'IP' : 'DNS'}:${each}`)
      writeFileSync(file(`${name}.ext`), `subjectAltName=${alternatives.join(',')}\n`)
      openssl('req', ...newKey, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`)
      const signer = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2']
      openssl(
        'x509',
        '-req',
        '-in',
        `${name}.csr`,
        ...signer,
        '-extfile',
        `${name}.ext`,
        '-out',
        `${name}.pem`,
      )
      return {
        key: readFileSync(file(`${name}.key`), 'utf8'),
        cert: readFileSync(file(`${name}.pem`), 'utf8'),
      }
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  }
}
