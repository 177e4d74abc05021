import tls from 'node:tls'

/** By the certificates: a context with all of the machine's roots takes milliseconds to make. */
const contexts = new Map<string, tls.SecureContext>()

/**
 * TLS options that trust certificates (PEM) besides the machine's own, those of `NODE_EXTRA_CA_CERTS` included; none
 * where there is nothing to add.
 */
export function trusting(ca: string | undefined): { readonly secureContext?: tls.SecureContext } {
  if (ca === undefined || ca === '') return {}
  let secureContext = contexts.get(ca)
  if (secureContext === undefined) {
    secureContext = tls.createSecureContext({ ca: [...tls.getCACertificates('default'), ca] })
    contexts.set(ca, secureContext)
  }
  return { secureContext }
}
