//! Somebody in front of a browser without scripts: pages, forms and cookies.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use gitlab_sim::MergeRequest;
use reqwest::{Client, StatusCode, header};

/// Somebody who decides.
#[derive(Debug, Clone)]
pub struct Approver {
    name: String,
    url: String,
    client: Client,
    /// Where the proxy between says they are.
    address: Option<String>,
    /// By name, as the last answer set them.
    cookies: Arc<Mutex<BTreeMap<String, String>>>,
}

/// A page as a reader sees it.
#[derive(Debug, Clone)]
pub struct Page {
    /// Its address.
    pub url: String,
    /// HTTP status.
    pub status: StatusCode,
    /// The HTML.
    pub html: String,
}

impl Page {
    /// What stands in the element with this opening tag, without markup.
    #[must_use]
    pub fn text_after(&self, opening: &str) -> String {
        let after = self.html.split_once(opening).map_or("", |(_, after)| after);
        let inner = after.split_once('>').map_or("", |(_, inner)| inner);
        let name = opening[1..].split([' ', '>']).next().unwrap_or_default();
        let inner = inner.split(&format!("</{name}>")).next().unwrap_or_default();
        let mut text = String::new();
        let mut inside = false;
        for c in inner.replace("<div", " <div").chars() {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                c if !inside => text.push(c),
                _ => {}
            }
        }
        // The ampersand last, so that nothing is read twice.
        for (written, read) in
            [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")]
        {
            text = text.replace(written, read);
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The state in the banner, such as `Waiting`.
    #[must_use]
    pub fn state(&self) -> String {
        let chip = self.html.split_once("class=\"chip ").map_or("", |(_, after)| after);
        let word = chip.split_once('>').map_or("", |(_, after)| after);
        word.split('<').next().unwrap_or_default().to_owned()
    }

    /// The notice at the top, if there is one.
    #[must_use]
    pub fn notice(&self) -> String {
        self.text_after("<p class=\"notice")
    }

    /// The banner sentence.
    #[must_use]
    pub fn banner(&self) -> String {
        self.text_after("<p class=\"banner")
    }

    /// The steps of the timeline, as kind and sentence.
    #[must_use]
    pub fn timeline(&self) -> Vec<String> {
        let steps = self.html.split("<span class=\"kind\">").skip(1);
        let step = |text: &str| {
            let (kind, rest) = text.split_once("</span> <span>").unwrap_or_default();
            format!("{kind}: {}", rest.split("</span>").next().unwrap_or_default())
        };
        steps.map(step).collect()
    }

    /// The decision form of the page with everything but a name.
    #[must_use]
    pub fn form(&self, verdict: &str) -> Vec<(&'static str, String)> {
        let mut form = vec![("verdict", verdict.to_owned())];
        form.extend(["sha", "target_branch", "token"].map(|name| (name, self.hidden(name))));
        form
    }

    /// A hidden field of the form in the page.
    #[must_use]
    pub fn hidden(&self, name: &str) -> String {
        let main = self.html.split("<main").nth(1).unwrap_or_default();
        let decide = main.split("<form class=").nth(1).unwrap_or_default();
        let after = decide.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_default();
        after.split('"').next().unwrap_or_default().to_owned()
    }
}

impl Approver {
    pub(crate) fn new(name: &str, url: &str, client: Client) -> Self {
        let cookies = Arc::default();
        Self { name: name.to_owned(), url: url.to_owned(), client, address: None, cookies }
    }

    /// The same person at an address, as a proxy names it.
    #[must_use]
    pub fn at(self, address: &str) -> Self {
        Self { address: Some(address.to_owned()), ..self }
    }

    /// Opens a page by its path.
    pub async fn gets(&self, path: &str) -> Page {
        self.read(self.as_browser(self.client.get(format!("{}{path}", self.url)))).await
    }

    /// Opens the list.
    pub async fn opens_list(&self) -> Page {
        self.gets("/approval-apps/").await
    }

    /// Opens the page of a request.
    pub async fn opens(&self, request_id: &str) -> Page {
        self.gets(&format!("/approval-apps/r/{request_id}")).await
    }

    /// Opens the newest request of a merge request by the address that notes and tickets use.
    pub async fn opens_newest(&self, merge_request: &MergeRequest) -> Page {
        let (project, iid) = (merge_request.project().id(), merge_request.iid());
        let path = format!("/approval-apps/gl/main/{project}/{iid}");
        crate::stage::until("the request to be on record", async || {
            self.gets(&path).await.status == StatusCode::SEE_OTHER
        })
        .await;
        let answer = self.gets(&path).await;
        self.gets(answer.html.strip_prefix("see ").unwrap()).await
    }

    /// Approves the head of a merge request on its page.
    pub async fn approves(&self, merge_request: &MergeRequest) -> Page {
        let page = self.opens_newest(merge_request).await;
        self.decides(&page, "approve", "").await
    }

    /// Rejects the head of a merge request on its page.
    pub async fn rejects(&self, merge_request: &MergeRequest, reason: &str) -> Page {
        let page = self.opens_newest(merge_request).await;
        self.decides(&page, "reject", reason).await
    }

    /// Sends the form of a page that was opened before, however long ago, and follows to the page
    /// that tells the result.
    pub async fn decides(&self, page: &Page, verdict: &str, reason: &str) -> Page {
        let form = [
            ("verdict", verdict),
            ("reason", reason),
            ("sha", &page.hidden("sha")),
            ("target_branch", &page.hidden("target_branch")),
            ("token", &page.hidden("token")),
            ("name", &self.name),
        ];
        self.sends(&page.url, &form, &[]).await
    }

    /// Sends the decision form of a page with fields and headers of one's own choice.
    pub async fn sends(
        &self,
        page_url: &str,
        form: &[(&str, &str)],
        headers: &[(&'static str, &str)],
    ) -> Page {
        let page_url = page_url.split('?').next().unwrap_or_default();
        let mut request = self.client.post(format!("{page_url}/decision")).form(form);
        if let Some(cookie) = self.cookie() {
            request = request.header(header::COOKIE, cookie);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let page = self.read(request).await;
        match page.html.strip_prefix("see ") {
            Some(location) => self.gets(location).await,
            None => page,
        }
    }

    /// Replays or drops on the page of a dead letter, and follows to the page that tells the result.
    pub async fn settles(&self, page: &Page, order: &str, reason: &str) -> Page {
        let token = page.hidden("token");
        let form = [("token", token.as_str()), ("reason", reason), ("name", &self.name)];
        let mut request = self.client.post(format!("{}/{order}", page.url)).form(&form);
        if let Some(cookie) = self.cookie() {
            request = request.header(header::COOKIE, cookie);
        }
        let page = self.read(request).await;
        match page.html.strip_prefix("see ") {
            Some(location) => self.gets(location).await,
            None => page,
        }
    }

    async fn read(&self, request: reqwest::RequestBuilder) -> Page {
        let answer = request.send().await.unwrap();
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.lock().unwrap().insert(name.to_owned(), value.to_owned());
        }
        let (status, url) = (answer.status(), answer.url().to_string());
        let see = answer.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned());
        let html = match see {
            Some(location) => format!("see {location}"),
            None => answer.text().await.unwrap(),
        };
        crate::canaries::are_not_in("a page", &html, &[]);
        Page { url, status, html }
    }

    /// Says who they are, where people type their names.
    pub async fn introduces_themselves(&self) {
        let page = self.opens_list().await;
        let head = page.html.split("action=\"/approval-apps/me\"").nth(1).unwrap_or_default();
        let token = head.split("value=\"").nth(1).unwrap_or_default();
        let token = token.split('"').next().unwrap_or_default();
        let saved =
            self.posts("/approval-apps/me", &[("name", &self.name), ("token", token)]).await;
        assert_eq!(saved.html, "see /approval-apps/");
    }

    /// Signs in with the form, as a browser fills it in; `see …` when it worked.
    pub async fn signs_in(&self, login: &str, password: &str) -> Page {
        self.signs_in_to("", login, password).await
    }

    /// The same with the form that leads on to a page.
    pub async fn signs_in_to(&self, next: &str, login: &str, password: &str) -> Page {
        let page = self.gets("/approval-apps/sign-in").await;
        let token = page.hidden("token");
        let form = [("login", login), ("password", password), ("token", &token), ("next", next)];
        self.posts("/approval-apps/sign-in", &form).await
    }

    /// Opens the list, and signs in at the provider that it leads to; where they end up.
    pub async fn signs_in_at_provider(&self, login: &str) -> Page {
        let mut page = self.opens_list().await;
        for _ in 0..20 {
            page = match page.html.strip_prefix("see ").map(ToOwned::to_owned) {
                Some(to) if to == "/approval-apps/" => return page,
                Some(to) => self.follows(&page.url, &to).await,
                // The provider asks who it is, and then whether we may know.
                None if page.html.contains("name=\"prompt\"") => {
                    let prompt =
                        if page.html.contains("name=\"login\"") { "login" } else { "consent" };
                    let form = [("prompt", prompt), ("login", login), ("password", "any")];
                    let request = self.client.post(&page.url).form(&form);
                    self.read(self.as_browser(request)).await
                }
                None => return page,
            };
        }
        panic!("the provider leads nowhere: {}", page.html)
    }

    /// Follows to an address of the provider, or behind the proxy's to ours.
    pub async fn follows(&self, from: &str, to: &str) -> Page {
        if let Some(path) = to.strip_prefix(crate::identity_provider::PROXY) {
            return self.gets(path).await;
        }
        let address = reqwest::Url::parse(from).unwrap().join(to).unwrap();
        self.read(self.as_browser(self.client.get(address))).await
    }

    fn as_browser(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        let request = match &self.address {
            Some(address) => request.header("x-forwarded-for", address),
            None => request,
        };
        match self.cookie() {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    /// Presses *Sign out* in the head of a page.
    pub async fn signs_out(&self, page: &Page) -> Page {
        let head = page.html.split("action=\"/approval-apps/sign-out\"").nth(1).unwrap_or_default();
        let token = head.split("value=\"").nth(1).unwrap_or_default();
        let token = token.split('"').next().unwrap_or_default();
        self.posts("/approval-apps/sign-out", &[("token", token)]).await
    }

    /// Sends a form to a path.
    pub async fn posts(&self, path: &str, form: &[(&str, &str)]) -> Page {
        let request = self.client.post(format!("{}{path}", self.url)).form(form);
        let request = self.as_browser(request);
        self.read(request).await
    }

    /// Listens to the changes of what they see.
    pub async fn listens(&self) -> crate::Events {
        crate::Events::open(&self.client, &self.url, None, self.cookie()).await
    }

    /// The cookies of this browser, as it sends them.
    #[must_use]
    pub fn cookie(&self) -> Option<String> {
        let cookies = self.cookies.lock().unwrap();
        let pairs: Vec<_> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Takes over cookies as another browser sends them.
    pub fn has_cookie(&self, cookie: &str) {
        let pairs = cookie.split("; ").filter_map(|pair| pair.split_once('='));
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        self.cookies.lock().unwrap().extend(pairs);
    }

    /// Takes over the cookies of another browser.
    pub fn has_cookies_of(&self, other: &Self) {
        *self.cookies.lock().unwrap() = other.cookies.lock().unwrap().clone();
    }
}
