//! What people write to a desk, and what they are called.

use crate::random::Random;

const FIRST: [&str; 32] = [
    "Ada", "Tunde", "Ngozi", "Chidi", "Funmi", "Bayo", "Amina", "Emeka", "Zainab", "Ife", "Kemi",
    "Sade", "Obinna", "Halima", "Yusuf", "Uche", "Maria", "Jonas", "Lena", "Pavel", "Sofia",
    "Mehmet", "Elif", "Kofi", "Akosua", "Wanjiru", "Otieno", "Fatou", "Moussa", "Grace", "Samuel",
    "Ruth",
];

const LAST: [&str; 32] = [
    "Okafor", "Adeyemi", "Balogun", "Eze", "Lawal", "Umeh", "Bello", "Nwosu", "Ibrahim", "Ojo",
    "Abiola", "Danjuma", "Okoye", "Musa", "Olawale", "Igwe", "Santos", "Weber", "Novak", "Rossi",
    "Yilmaz", "Mensah", "Owusu", "Kamau", "Odhiambo", "Diallo", "Traore", "Johnson", "Clarke",
    "Haddad", "Silva", "Larsen",
];

const HOSTS: [&str; 8] = [
    "mail.example",
    "post.example",
    "homes.example",
    "farm.example",
    "shop.example",
    "office.example",
    "school.example",
    "clinic.example",
];

const THINGS: [&str; 48] = [
    "invoice",
    "receipt",
    "payment",
    "refund",
    "voucher",
    "card",
    "subscription",
    "booking",
    "viewing",
    "contract",
    "listing",
    "photo",
    "document",
    "password",
    "login",
    "account",
    "address",
    "phone number",
    "newsletter",
    "notification",
    "calendar",
    "report",
    "export",
    "import",
    "spreadsheet",
    "dashboard",
    "search",
    "filter",
    "map",
    "delivery",
    "parcel",
    "tracking",
    "warehouse",
    "order",
    "basket",
    "discount",
    "survey",
    "form",
    "upload",
    "download",
    "attachment",
    "printer",
    "scanner",
    "terminal",
    "tablet",
    "integration",
    "webhook",
    "certificate",
];

const TROUBLES: [&str; 24] = [
    "does not open",
    "is missing",
    "was charged twice",
    "shows the wrong amount",
    "fails with an error",
    "is too slow",
    "was not confirmed",
    "cannot be changed",
    "cannot be deleted",
    "disappeared yesterday",
    "arrived damaged",
    "has the wrong name",
    "is in the wrong language",
    "keeps asking for a password",
    "was sent to somebody else",
    "is empty",
    "stopped working after the update",
    "looks broken on the phone",
    "needs approval",
    "has expired",
    "is locked",
    "is shown twice",
    "cannot be found",
    "hangs at ninety per cent",
];

const PLACES: [&str; 16] = [
    "in Lagos",
    "in Abuja",
    "in Kano",
    "in Ibadan",
    "in Accra",
    "in Nairobi",
    "in Berlin",
    "on the website",
    "in the app",
    "on Android",
    "on the iPhone",
    "in Firefox",
    "for my company",
    "for the second time",
    "since Monday",
    "since the weekend",
];

const SENTENCES: [&str; 12] = [
    "It worked until last week and I have changed nothing since.",
    "I tried it in two browsers and on the phone, always with the same result.",
    "Please tell me what else you need to know.",
    "A colleague of mine sees the same.",
    "The message says that I should contact support, so here I am.",
    "We have customers waiting, so this is rather urgent for us.",
    "There is a picture of it that I can send if that helps.",
    "It happens every time, right after the second step.",
    "I have already restarted everything twice.",
    "Could you also check whether anything was lost?",
    "The amount on my bank statement differs from what you show.",
    "Thank you for your help.",
];

const ANSWERS: [&str; 8] = [
    "Thank you for telling us. We look into it and come back to you today.",
    "We could reproduce this and have asked the team to correct it.",
    "Which browser do you use, and since when does it happen?",
    "This is solved now. Please try again and tell us if anything is left.",
    "The payment was returned; it takes up to three days until you see it.",
    "We have changed it for you. You should see it after signing in again.",
    "Could you send us the number of the order, please?",
    "That is a known problem, and the next release will bring the solution.",
];

/// `Ada Okafor` and an address of hers that nobody else has.
pub fn customer(random: &mut Random, number: usize) -> (String, String) {
    let (first, last) = (random.pick(&FIRST), random.pick(&LAST));
    let host = random.pick(&HOSTS);
    let local = format!("{first}.{last}").to_lowercase();
    (
        format!("{first} {last}"),
        format!("{local}.{number}@{host}"),
    )
}

/// `Wrong invoice: booking was not confirmed in Lagos` and the like.
pub fn subject(random: &mut Random) -> String {
    let thing = random.pick(&THINGS);
    let trouble = random.pick(&TROUBLES);
    let place = random.pick(&PLACES);
    match random.place(3, 1) {
        0 => format!("The {thing} {trouble} {place}"),
        1 => format!("Our {thing} {trouble}"),
        _ => format!("{} question: the {thing} {trouble}", random.pick(&THINGS)),
    }
}

/// Two to four sentences.
pub fn description(random: &mut Random) -> String {
    sentences(random, &SENTENCES, 2)
}

/// What staff answer.
pub fn answer(random: &mut Random) -> String {
    random.pick(&ANSWERS).to_owned()
}

/// What customers answer.
pub fn follow_up(random: &mut Random) -> String {
    sentences(random, &SENTENCES, 1)
}

fn sentences(random: &mut Random, of: &[&str], least: usize) -> String {
    let count = least + random.place(3, 1);
    let chosen: Vec<&str> = (0..count).map(|_| random.pick(of)).collect();
    chosen.join(" ")
}
