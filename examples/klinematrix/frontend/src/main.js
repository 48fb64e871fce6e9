const answer = await fetch("/api/health");
const health = await answer.json();
document.getElementById("root").textContent = `The API says: ${health.status}`;
