// The order of the client tests, through the npm package infusionsoft-api. Prints what it was answered as JSON.
const { DataContext } = require("infusionsoft-api");

const [app, key, facts] = process.argv.slice(2);
const { product, tag } = JSON.parse(facts);
const crm = new DataContext(app, key);
const day = new Date(2026, 0, 2, 3, 4, 5);
const fields = { Email: "ann@example.com", FirstName: "Ann", LastName: "Zoë & <Co>" };

async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    return [error.faultCode, error.faultString];
  }
  throw new Error("the call was not refused");
}

async function order() {
  const contact = await crm.ContactService.addWithDupCheck(fields, "Email");
  const again = await crm.ContactService.addWithDupCheck(fields, "Email");
  const tagged = await crm.ContactService.addToGroup(contact, tag);
  const invoice = await crm.InvoiceService.createBlankOrder(contact, "shop order 7", day, 0, 0);
  const added = await crm.InvoiceService.addOrderItem(invoice, product, 4, 12.5, 2, "Mug", "");
  const paid = await crm.InvoiceService.addManualPayment(invoice, 25, day, "Cash", "shop order 7", false);
  const owed = await crm.InvoiceService.calculateAmountOwed(invoice);
  const job = await crm.Jobs.where("JobTitle", "shop order 7").select("Id", "InvoiceId").first();
  const person = await crm.Contacts.where("Id", contact).select("FirstName", "LastName", "Groups").first();
  const goals = await crm.FunnelService.achieveGoal("shop", "bought", contact);
  const placed = await crm.OrderService.placeOrder(contact, 0, 0, [product, product], [], false, [], 0, 0);
  const missing = await refusal(crm.ContactService.load(999999, ["Id"]));
  const rejected = await refusal(new DataContext(app, "wrong").ContactService.load(contact, ["Id"]));
  return { same: contact === again, tagged, added, paid, owed, found: job.InvoiceId === invoice, person, goals,
    placed: [placed.Successful, placed.Code], missing, rejected };
}

order().then((answers) => console.log(JSON.stringify(answers)), (error) => {
  console.error(error);
  process.exitCode = 1;
});
