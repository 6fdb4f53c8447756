import type { Messages } from "..";
import { plural } from "../plural";

const count = plural("ar");

export default {
  when: (date: string, time: string) => `${date}، ${time}`,
  formerDoctor: "طبيب لم يعد يعمل في العيادة",
  noneFree: (days: string) => `لا يوجد وقت متاح خلال الأيام الـ${days} القادمة.`,
  facts: {
    doctor: "الطبيب",
    when: "الموعد",
    length: "المدة",
  },
  find: {
    title: "ابحث عن طبيب",
    next: "موعدك القادم",
    search: "بحث",
    name: "الاسم",
    specialty: "التخصص",
    anySpecialty: "كل التخصصات",
    count: (doctors: number) =>
      count(doctors, {
        zero: "لا أطباء", one: "طبيب واحد", two: "طبيبان", few: "# أطباء", many: "# طبيبًا", other: "# طبيب",
      }),
    none: "لم نجد أي طبيب. جرّب جزءًا من الاسم، أو اختر كل التخصصات.",
    firstFree: "أول وقت متاح",
  },
  doctor: {
    title: "الطبيب",
    times: "الأوقات المتاحة",
    length: "مدة الموعد",
  },
  week: {
    days: "أيام هذا الأسبوع",
    count: (times: number) =>
      count(times, {
        zero: "لا أوقات متاحة في هذا الأسبوع",
        one: "وقت متاح واحد في هذا الأسبوع",
        two: "وقتان متاحان في هذا الأسبوع",
        few: "# أوقات متاحة في هذا الأسبوع",
        many: "# وقتًا متاحًا في هذا الأسبوع",
        other: "# وقت متاح في هذا الأسبوع",
      }),
    free: (times: number) =>
      count(times, {
        zero: "لا يوجد", one: "وقت واحد", two: "وقتان", few: "# أوقات", many: "# وقتًا", other: "# وقت",
      }),
    noneThisDay: "لا يوجد وقت متاح.",
    none: "لا يوجد وقت متاح في هذا الأسبوع.",
    toFirst: (day: string) => `إلى أول وقت متاح: ${day}`,
  },
  book: {
    title: "هل تريد حجز هذا الموعد؟",
    submit: "احجز",
    booking: "جارٍ الحجز…",
    retrying: "لم يصل رد بعد. نحاول مرة أخرى…",
    unknown: "لا نعرف بعد هل تم الحجز. حاول كما تشاء من المرات: لن يُحجز إلا مرة واحدة.",
    alternatives: "أوقات متاحة قريبة منه. اختر أحدها ليُحجز فورًا:",
    noAlternatives: "ليس لدى الطبيب وقت متاح آخر في الشهر المحيط بهذا الموعد.",
    another: "اختر وقتًا آخر",
  },
  appointments: {
    title: "مواعيدك",
    upcoming: "القادمة",
    past: "السابقة",
    count: (appointments: number) =>
      count(appointments, {
        zero: "لا مواعيد", one: "موعد واحد", two: "موعدان", few: "# مواعيد", many: "# موعدًا", other: "# موعد",
      }),
    noneAhead: "ليس لديك أي موعد قادم.",
    nonePast: "لم يكن لديك أي موعد حتى الآن.",
    another: "احجز موعدًا",
  },
  appointment: {
    title: "موعدك",
    booked: "تم حجز موعدك.",
    reason: "سبب الإلغاء:",
    file: (id: number) => `appointment-${id}.ics`,
    toCalendar: "أضفه إلى تقويمك",
    again: "احجز موعدًا آخر مع هذا الطبيب",
    all: "كل مواعيدك",
    callToChange: "لإلغاء الموعد أو تغيير وقته اتصل بالعيادة.",
    clinicPhone: "هاتف العيادة:",
  },
  link: {
    clinic: "العيادة",
    phone: "الهاتف",
    email: "البريد",
    confirm: "سأحضر",
    isConfirmed: "مؤكَّد",
    confirmed: "شكرًا. عرفت العيادة الآن أنك ستحضر.",
    expired: "هذا الرابط لا يعمل. ربما كان ناقصًا، أو بدأ الموعد.",
    expiredNext: "سجّل الدخول لعرض مواعيدك وتغييرها، أو اتصل بالعيادة.",
  },
  reschedule: {
    open: "تغيير وقت الموعد",
    title: "تغيير وقت هذا الموعد",
    done: (when: string) => `تم تغيير وقت موعدك: ${when}.`,
    never: "لتغيير وقت الموعد اتصل بالعيادة.",
    tooLate: "فات وقت تغيير الموعد هنا. اتصل بالعيادة.",
    until: (when: string) => `يمكنك تغيير وقت الموعد هنا حتى: ${when}.`,
  },
  cancel: {
    open: "إلغاء الموعد",
    labelOf: (when: string) => `إلغاء الموعد: ${when}`,
    title: "هل تريد إلغاء هذا الموعد؟",
    reason: "السبب",
    reasonHint: "اختياري، ويطّلع عليه أطباؤك والعيادة.",
    submit: "نعم، ألغِه",
    keep: "لا، أبقِه",
    done: (when: string) => `تم إلغاء موعدك: ${when}.`,
    never: "لإلغاء الموعد اتصل بالعيادة.",
    tooLate: "فات وقت إلغاء الموعد هنا. إن تعذّر عليك الحضور فاتصل بالعيادة.",
    until: (when: string) => `يمكنك إلغاؤه هنا حتى: ${when}.`,
  },
} satisfies Messages["patient"];
