import type { Language } from "./publication.ts";

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/).filter(Boolean));

/**
 * Words that say nothing about a product, folded. They are indexed like all others; a query leaves
 * them out unless it has no other word.
 */
export const STOP_WORDS: Readonly<Record<Language, ReadonlySet<string>>> = {
  en: words(`a about above after all also am an and any are as at be been before being below between
    both but by can could did do does for from had has have having he her here his how i if in into
    is it its just me more most my no nor not of off on only or other our out over own same she
    should so some such than that the their them then there these they this those through to too
    under up very was we were what when where which while who why will with would you your`),
  es: words(`a al algo ante antes aquel aquella como con contra cual cuando de del desde donde e el
    ella ellas ellos en entre era es esa ese eso esta estas este esto estos fue ha hasta hay la las
    le les lo los mas me mi mis muy ni no nos o para pero por porque que se ser si sin sobre son su
    sus tambien te tiene tu tus u un una unas uno unos y ya yo`),
  pt: words(`a ao aos aquela aquele as ate com como da das de dela dele do dos e ela ele em entre era
    essa esse esta este eu foi ha isso isto ja la lhe mais mas me mesmo meu minha muito na nao nas
    nem no nos num numa o os ou para pela pelo por qual quando que quem se sem ser seu seus so sobre
    sua suas tambem te tem um uma uns voce`),
};
