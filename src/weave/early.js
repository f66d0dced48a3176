(({ palettes, ...config }) => {
    const root = new URL("..", document.currentScript.src);
    Object.assign(window, {
        __md_scope: root,
        __md_hash: (text) => [...text].reduce((hash, letter) => (hash << 5) - hash + letter.charCodeAt(0), 0),
        __md_get: (name, storage = localStorage, scope = root) => JSON.parse(storage.getItem(`${scope.pathname}.${name}`)),
        __md_set: (name, value, storage = localStorage, scope = root) => {
            try {
                storage.setItem(`${scope.pathname}.${name}`, JSON.stringify(value));
            } catch { }
        },
    });

    const told = document.createElement("script");
    told.id = "__config";
    told.type = "application/json";
    told.textContent = JSON.stringify({ ...config, base: root, search: new URL(config.search, root) });
    document.head.append(told);

    let palette = __md_get("__palette")?.color ?? palettes.find(({ media }) => matchMedia(media).matches);
    if (palette?.media === "(prefers-color-scheme)") {
        const bright = matchMedia("(prefers-color-scheme: light)").matches;
        palette = palettes.find(({ media }) => media === `(prefers-color-scheme: ${bright ? "light" : "dark"})`);
    }
    new MutationObserver((changes, observer) => {
        if (!document.body) return;
        observer.disconnect();
        for (const name of ["scheme", "primary", "accent"]) {
            if (palette) document.body.setAttribute(`data-md-color-${name}`, palette[name]);
        }
    }).observe(document.documentElement, { childList: true });
})
