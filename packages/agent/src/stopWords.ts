/** Words that say nothing about the subject of a question: function words, and the words questions are made with. */
export const stopWords: ReadonlySet<string> = new Set(
  `a about above after again against all also am an and any anybody anyone anything are around as ask at be because been
  before being below between both but by came can cannot come could d did do does doing done don during each either
  else ever every everything exactly few for from further get gets getting give given go goes going gone got had happen
  happens has have having he hello help her here hers hey hi him his how i if in into is it its itself just know let like
  ll look m many may maybe me mean means might mine more most much must my myself near need needs neither no nor not
  now of off ok on once one only onto or other our ours out over per please possible put quite rather re really s
  say says see shall she should simply since so some somebody someone something sort still such sure t tell
  than thank thanks that the their theirs them then there these they thing things this those though through thus to too
  try under until up upon us ve very via want wants was way we well were what whatever when where
  whether which while who whom whose why will with within without work works would yes you your yours yourself explain
  describe exact whole question kind today tonight tomorrow actually able`.split(/\s+/),
);
