import { parseEnv } from 'node:util'

/** The text of a `.env` file with one variable set; every other line stays. */
export function setVariable(text: string, name: string, value: string): string {
  const line = `${name}=${quoted(value)}`
  const lines = text.split(/\r?\n/)
  const at = lines.findIndex((each) => new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=`).test(each))
  if (at >= 0) return lines.with(at, line).join('\n')
  return `${text === '' || text.endsWith('\n') ? text : `${text}\n`}${line}\n`
}

/** In the first form that is read back as it was. */
function quoted(value: string): string {
  const forms = [value, `'${value}'`, `"${value}"`]
  const form = forms.find((each) => parseEnv(`K=${each}`).K === value)
  if (form === undefined)
    throw new Error('the key holds characters that .env cannot: keep it in the environment')
  return form
}
