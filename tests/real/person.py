"""Somebody who signs in on the simulator's pages: takes each form as it comes, and fills in what it asks for."""

import html.parser, re, subprocess, threading, urllib.parse, urllib.request


class Page(html.parser.HTMLParser):
    """The first form of a page, and the words that stand on it."""

    def __init__(self, text):
        super().__init__()
        self.action, self.fields, self.names, self.words = None, {}, set(), []
        # The style sheet is no words.
        text = text[text.find("<body") :]
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form" and self.action is None:
            self.action = given["action"]
        elif given.get("name"):
            self.names.add(given["name"])
            if given.get("type") == "hidden":
                self.fields[given["name"]] = given["value"]

    def handle_data(self, data):
        self.words.append(data.strip())


class Person:
    def __init__(self, user, approves=True):
        self.user, self.approves = user, approves
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def type_code(self, address, code):
        """Types a code on the page for it. Returns what the last page says."""
        answers = {
            "user_code": code,
            "quick": self.user,
            "mfa": "approve" if self.approves else "deny",
            "decision": "accept",
        }
        page = self.read(address)
        for _ in range(10):
            asked = [name for name in answers if name in page.names and name not in page.fields]
            if page.action is None or not asked:
                return " ".join(word for word in page.words if word)
            form = {**page.fields, asked[0]: answers[asked[0]]}
            address = urllib.parse.urljoin(address, page.action)
            page = self.read(address, urllib.parse.urlencode(form).encode())
        raise SystemExit("the pages go round in a circle")

    def read(self, address, form=None):
        try:
            with self.opener.open(address, data=form, timeout=120) as answer:
                return Page(answer.read().decode())
        except urllib.error.HTTPError as refused:
            return Page(refused.read().decode())


def sign_in(command, environment, person):
    """Runs an `az login` that shows a code, and has somebody type it. Returns its exit code, and what was said."""
    az = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    said = []
    typed = False
    for line in az.stderr:
        said.append(line)
        if not typed and (shown := re.search(r"open the page (\S+) and enter the code (\S+)", line)):
            typed = True
            said.append(person.type_code(*shown.groups()) + "\n")
    return az.wait(), "".join(said)
