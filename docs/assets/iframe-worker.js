// Browsers start no workers for pages that were opened from a disk. There, what the search would do in a
// worker is done in a hidden frame. On a server nothing of this is used.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    onmessage = null
    onmessageerror = null
    onerror = null

    constructor(url) {
      super()
      this.frame = document.createElement("iframe")
      this.frame.hidden = true
      document.body.append(this.frame)
      const inside = this.frame.contentWindow
      inside.document.open()
      inside.document.write("<!doctype html><body></body>")
      inside.document.close()
      inside.postMessage = given => {
        const data = structuredClone(given) // as workers do: neither side sees what the other changes
        setTimeout(() => this.tell(new MessageEvent("message", { data })))
      }
      const script = inside.document.createElement("script")
      script.src = url
      this.ready = new Promise((done, failed) => {
        script.onload = done
        script.onerror = failed
      })
      this.ready.catch(() => this.onerror?.(new ErrorEvent("error")))
      inside.document.body.append(script)
    }

    tell(event) {
      this.onmessage?.(event)
      this.dispatchEvent(event)
    }

    postMessage(given) {
      const data = structuredClone(given)
      const inside = this.frame.contentWindow
      this.ready.then(() => inside.dispatchEvent(new inside.MessageEvent("message", { data })), () => {})
    }

    terminate() {
      this.frame.remove()
    }
  }
}
