// check.mjs BROWSER FOLDER PAGE.html…: opens each page in a headless browser and fails on a request, an
// error on the console, a violation that axe-core finds, a page that takes more than MOST_MS, or a
// part that does not work. Screenshots go into FOLDER.
import { createRequire } from 'node:module'
import { join, resolve, basename } from 'node:path'
import { pathToFileURL } from 'node:url'

const packages = createRequire(join(process.env.HELM_IRSA_PACKAGES, 'package.json'))
const puppeteer = packages('puppeteer-core')
const axe = packages.resolve('axe-core/axe.min.js')
const [executablePath, folder, ...pages] = process.argv.slice(2)
const most = Number(process.env.MOST_MS || 2000)
const faults = []

const browser = await puppeteer.launch({
  executablePath, headless: true, protocolTimeout: 600000,
  // Root in a container has no sandbox of its own; the page is ours, and asks for nothing.
  args: ['--no-sandbox', '--disable-gpu', '--force-color-profile=srgb'],
})
try {
  for (const file of pages) {
    const name = basename(file, '.html'), url = pathToFileURL(resolve(file)).href
    const fault = what => faults.push(`${name}: ${what}`)
    const page = await browser.newPage()
    page.on('console', m => { if (['error', 'warn'].includes(m.type())) fault(`console: ${m.text()}`) })
    page.on('pageerror', e => fault(`script: ${e.message}`))
    page.on('dialog', d => { fault(`a dialog says ${d.message()}`); d.dismiss() })
    page.on('request', r => { if (r.url() !== url) fault(`it asks for ${r.url()}`) })
    await page.setViewport({ width: 1280, height: 900 })
    await page.goto(url, { waitUntil: 'load' })
    const took = await page.evaluate(() => performance.getEntriesByType('navigation')[0].loadEventEnd)
    console.log(`${name}: opened in ${Math.round(took)} ms`)
    if (took > most) fault(`it took ${Math.round(took)} ms, more than ${most}`)
    for (const scheme of ['light', 'dark']) {
      await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
      await page.screenshot({ path: join(folder, `${name}-${scheme}.png`) })
    }
    await page.evaluate(() => { for (const d of [...document.querySelectorAll('section details')].slice(0, 8)) d.open = true })
    await page.screenshot({ path: join(folder, `${name}-open-dark.png`), clip: { x: 0, y: 0, width: 1280, height: 2600 }, captureBeyondViewport: true })
    if (!process.env.NO_AXE) {
      // axe's own script is put there by the test; the page's policy is for the page.
      const isolated = await browser.newPage()
      await isolated.setBypassCSP(true)
      for (const scheme of ['light', 'dark']) {
        await isolated.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }])
        await isolated.goto(url, { waitUntil: 'load' })
        await isolated.addScriptTag({ path: axe })
        await isolated.evaluate(() => { for (const d of [...document.querySelectorAll('details')].slice(0, 12)) d.open = true })
        const found = await isolated.evaluate(() => axe.run(document, { resultTypes: ['violations'] }))
        for (const v of found.violations) fault(`axe, ${scheme}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map(n => n.html.slice(0, 160)).join(' | ')}`)
      }
      await isolated.close()
    }
    for (const problem of await page.evaluate(works)) fault(problem)
    await page.close()
  }
} finally {
  await browser.close()
}
for (const f of faults) console.error(f)
process.exit(faults.length ? 1 : 0)

// works uses the page as a reader does, and says what does not do what it should.
async function works() {
  const out = [], wait = ms => new Promise(r => setTimeout(r, ms))
  const shown = () => [...document.querySelectorAll('tbody [data-item]')].filter(e => !e.hidden).length
  const all = shown(), search = document.getElementById('search')
  const row = document.querySelector('tbody tr[data-item]')
  if (!row) return out
  search.value = 'no row has this text'
  search.dispatchEvent(new Event('input'))
  await wait(400)
  if (shown() !== 0) out.push('search leaves rows that do not fit')
  document.getElementById('reset').click()
  await wait(50)
  if (shown() !== all) out.push('reset does not show all rows again')
  const state = document.getElementById('state')
  state.value = 'ok'
  state.dispatchEvent(new Event('change'))
  if ([...document.querySelectorAll('tr[data-state=broken]')].some(e => !e.hidden)) out.push('the filter by state leaves others')
  document.getElementById('reset').click()
  const button = document.querySelector('th button'), body = button.closest('table').tBodies[0]
  const first = () => body.rows[0].cells[0].textContent
  button.click(); const up = first(); button.click(); const down = first()
  if (body.rows.length > 1 && (up === down || button.parentNode.getAttribute('aria-sort') !== 'descending')) out.push('sorting does not turn the order round')
  const article = document.querySelector('article')
  if (article) {
    for (const d of document.querySelectorAll('details')) d.open = false
    location.hash = article.id
    await wait(200)
    if (!article.closest('details').open) out.push('a link to a finding does not open it')
  }
  return out
}
