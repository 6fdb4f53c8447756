use super::{AboutAccount, AboutAppointment, AboutSeveral, Labels, Texts};

const IF_YOU_CANNOT_COME: &str = "إن تعذّر عليك الحضور فأخبر العيادة في أقرب وقت.";

/// Picks the form for a number: one, two, few, and many or other (plural rules of the Unicode CLDR).
fn count(number: i64, one: &str, two: &str, few: &str, many: &str, other: &str) -> String {
    match (number, number % 100) {
        (1, _) => one.to_owned(),
        (2, _) => two.to_owned(),
        (_, 3..=10) => format!("{number} {few}"),
        (_, 11..=99) => format!("{number} {many}"),
        _ => format!("{number} {other}"),
    }
}

/// A number of appointments, after a preposition or in a genitive.
fn appointments(number: usize) -> String {
    count(number as i64, "موعد واحد", "موعدين", "مواعيد", "موعدًا", "موعد")
}

/// Arabic, in the words of the web app.
pub(super) static TEXTS: Texts = Texts {
    tag: "ar",
    right_to_left: true,
    weekdays: ["الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"],
    months: [
        "يناير",
        "فبراير",
        "مارس",
        "أبريل",
        "مايو",
        "يونيو",
        "يوليو",
        "أغسطس",
        "سبتمبر",
        "أكتوبر",
        "نوفمبر",
        "ديسمبر",
    ],
    date: |weekday, day, month| format!("{weekday}، {day} {month}"),
    date_with_year: |date, year| format!("{date} {year}"),
    date_time: |date, time| format!("{date}، الساعة {time}"),
    minutes: |number| count(number, "دقيقة واحدة", "دقيقتان", "دقائق", "دقيقة", "دقيقة"),
    days: |number| count(number, "يوم واحد", "يومان", "أيام", "يومًا", "يوم"),
    hello: |name| format!("مرحبًا {name}،"),
    sent_by: |clinic| format!("هذه رسالة آلية من {clinic}."),
    link_works: |time| format!("يعمل الرابط مرة واحدة، خلال {time}."),
    labels: Labels {
        phone: "الهاتف",
        email: "البريد الإلكتروني",
        patient: "المريض",
        length: "المدة",
        doctor: "الطبيب",
        specialty: "التخصص",
        before: "الموعد السابق",
        reason: "سبب الإلغاء",
    },
    more: |number| {
        let others = count(number as i64, "موعد آخر", "موعدان آخران", "مواعيد أخرى", "موعدًا آخر", "موعد آخر");
        format!("و{others}")
    },
    view: "عرض الموعد",
    booked: AboutAppointment {
        subject: |when| format!("موعدك يوم {when}"),
        title: "تم حجز موعدك",
        note: IF_YOU_CANNOT_COME,
    },
    several_booked: AboutSeveral {
        subject: |number| format!("تم حجز {}", appointments(number)),
        title: "تم حجز مواعيدك",
    },
    moved: AboutAppointment {
        subject: |when| format!("تغيّر موعدك: {when}"),
        title: "تغيّر موعدك",
        note: IF_YOU_CANNOT_COME,
    },
    several_moved: AboutSeveral {
        subject: |number| format!("تغيير في {}", appointments(number)),
        title: "تغيّرت مواعيدك",
    },
    cancelled: AboutAppointment {
        subject: |when| format!("تم إلغاء موعدك: {when}"),
        title: "تم إلغاء موعدك",
        note: "إن كانت لديك أسئلة فاتصل بالعيادة.",
    },
    several_cancelled: AboutSeveral {
        subject: |number| format!("تم إلغاء {}", appointments(number)),
        title: "تم إلغاء مواعيدك",
    },
    reminder: AboutAppointment {
        subject: |when| format!("تذكير بموعدك يوم {when}"),
        title: "تذكير بموعدك",
        note: IF_YOU_CANNOT_COME,
    },
    reminder_of_several: |number, date, time| {
        let appointments = count(number as i64, "موعد واحد", "موعدان", "مواعيد", "موعدًا", "موعد");
        let first = if number == 2 { "أولهما" } else { "أولها" };
        format!("تذكير: {appointments} يوم {date}، {first} الساعة {time}")
    },
    several: "تذكير بمواعيدك",
    verify_email: AboutAccount {
        title: "تأكيد بريدك الإلكتروني",
        intro: "يُرجى تأكيد أن هذا البريد الإلكتروني لك.",
        button: "تأكيد البريد الإلكتروني",
        note: "إذا لم تطلب ذلك، فتجاهل هذه الرسالة.",
    },
    reset_password: AboutAccount {
        title: "اختيار كلمة مرور جديدة",
        intro: "طلب أحدهم كلمة مرور جديدة لحسابك.",
        button: "اختيار كلمة مرور جديدة",
        note: "إذا لم تطلب ذلك، فتجاهل هذه الرسالة. لن تتغيّر كلمة المرور.",
    },
    invitation: AboutAccount {
        title: "اختيار كلمة مرور لحسابك",
        intro: "أنشأت العيادة حسابًا لك. اختر كلمة مرور لاستخدامه.",
        button: "اختيار كلمة مرور",
        note: "إذا لم تتوقع ذلك، فتجاهل هذه الرسالة.",
    },
    password_changed: AboutAccount {
        title: "تم تغيير كلمة المرور",
        intro: "تم تغيير كلمة المرور لحسابك.",
        button: "",
        note: "إذا لم تغيّرها بنفسك، فاتصل بالعيادة فورًا.",
    },
};
