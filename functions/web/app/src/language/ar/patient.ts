import type { Messages } from "..";
import { plural } from "../plural";

const count = plural("ar");

export default {
  facts: {
    place: "المكان",
    about: "معلومات مهمة",
  },
  find: {
    title: "ابحث عن طبيب",
    welcome: (clinic: string) => `ابحث عن طبيب في \u2068${clinic}\u2069`,
    lead: "اختر طبيبًا ووقتًا متاحًا. يمكنك الحجز في أي وقت من اليوم.",
    doctors: "أطباؤنا",
    next: "موعدك القادم",
    toNext: "عرض الموعد",
    soonest: "أقرب موعد متاح",
    bookIt: "احجز هذا الوقت",
    noTimes: "لا يوجد وقت متاح خلال الشهر القادم. اتصل بالعيادة لطلب موعد.",
    name: "الاسم",
    specialty: "التخصص",
    anySpecialty: "كل التخصصات",
    sort: "الترتيب",
    soonestFirst: "الأقرب أولًا",
    byName: "حسب الاسم",
    count: (doctors: number) =>
      count(doctors, {
        zero: "لا أطباء", one: "طبيب واحد", two: "طبيبان", few: "# أطباء", many: "# طبيبًا", other: "# طبيب",
      }),
    none: "لم نجد أي طبيب. جرّب جزءًا من الاسم، أو اختر كل التخصصات.",
    firstTimes: (doctor: string) => `أول الأوقات المتاحة: \u2068${doctor}\u2069`,
    allTimes: "كل الأوقات",
  },
  doctor: {
    title: "الطبيب",
    times: "اختر وقتًا",
    length: "مدة الموعد",
    place: "أين تجدنا",
    gone: "لا يمكن حجز موعد مع هذا الطبيب هنا",
    goneText: "ربما لم يعد الطبيب يعمل في العيادة، أو العنوان غير كامل.",
    others: "عرض الأطباء الآخرين",
  },
  book: {
    title: "هل تريد حجز هذا الموعد؟",
    submit: "احجز الموعد",
    needsAccount: "تحتاج إلى حساب للحجز. يبقى الوقت مختارًا أثناء إنشائه.",
    hasAccount: "لديّ حساب: تسجيل الدخول",
    booking: "جارٍ الحجز…",
    retrying: "لم يصل رد بعد. نحاول مرة أخرى…",
    unknown: "لا نعرف بعد هل تم حجز موعدك. تستمر هذه الصفحة في المحاولة، ولن يُحجز لك موعدان.",
    another: "اختر وقتًا آخر",
    about: (doctor: string, when: string) => `\u2068${doctor}\u2069: ${when}`,
    isBooked: "تم حجز موعدك.",
    isRefused: "لم يتم حجز موعدك.",
  },
  appointments: {
    title: "مواعيدك",
    upcoming: "القادمة",
    past: "السابقة",
    cancelled: "الملغاة",
    count: (appointments: number, hasMore: boolean) =>
      hasMore
        ? `أكثر من ${appointments} موعدًا`
        : count(appointments, {
          zero: "لا مواعيد", one: "موعد واحد", two: "موعدان", few: "# مواعيد", many: "# موعدًا", other: "# موعد",
        }),
    noneAhead: "ليس لديك أي موعد قادم.",
    nonePast: "ليس لديك أي موعد سابق.",
    another: "احجز موعدًا",
  },
  appointment: {
    title: "موعدك",
    booked: "تم حجز موعدك.",
    reason: "سبب الإلغاء",
    file: (id: number) => `appointment-${id}.ics`,
    toCalendar: "أضفه إلى تقويمك",
    toGoogle: "أضفه إلى تقويم Google",
    event: (doctor: string) => `موعد مع \u2068${doctor}\u2069`,
    again: "احجز موعدًا آخر مع هذا الطبيب",
    otherDoctor: "ابحث عن طبيب آخر",
    all: "كل مواعيدك",
    callToChange: "لإلغاء الموعد أو تغيير وقته اتصل بالعيادة.",
  },
  wasPossible: (when: string) => `كان ذلك ممكنًا حتى: ${when}.`,
  link: {
    confirm: "سأحضر",
    isConfirmed: "مؤكَّد",
    confirmed: "شكرًا. عرفت العيادة الآن أنك ستحضر.",
    expired: "هذا الرابط لا يعمل. ربما كان غير كامل، أو بدأ الموعد.",
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
    reasonHint: "اختياري. يمكن لأطبائك وللعيادة قراءته.",
    done: (when: string) => `تم إلغاء موعدك: ${when}.`,
    never: "لإلغاء الموعد اتصل بالعيادة.",
    tooLate: "فات وقت إلغاء الموعد هنا. إن تعذّر عليك الحضور فاتصل بالعيادة.",
    until: (when: string) => `يمكنك إلغاؤه هنا حتى: ${when}.`,
  },
} satisfies Messages["patient"];
